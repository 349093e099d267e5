// SPDX-License-Identifier: Apache-2.0
// watch_rights.c - what a watcher no longer needs once its interface is open.
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "jobs/watch.h"

// A number above 0 of the environment, which sudo set; 0: there is none.
static int64_t number_of(const char *name) {
    const char *text = getenv(name);
    int64_t value = 0;
    return text && hg__parse_int(text, &value) && value > 0 && value < UINT32_MAX ? value : 0;
}

static void find_nobody(uid_t *user, gid_t *group) {
    const int64_t sudo_user = number_of("SUDO_UID"), sudo_group = number_of("SUDO_GID");
    struct passwd entry, *found = NULL;
    char space[1024];
    *user = *group = 65534;
    if (sudo_user && sudo_group) {
        *user = (uid_t)sudo_user;
        *group = (gid_t)sudo_group;
    } else if (getpwnam_r("nobody", &entry, space, sizeof space, &found) == 0 && found) {
        *user = found->pw_uid;
        *group = found->pw_gid;
    }
}

static int become_nobody(hg_error *err) {
    uid_t user;
    gid_t group;
    find_nobody(&user, &group);
    if (setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 &&
        setresuid(user, user, user) == 0) {
        return HG_OK;
    }
    return hg__fail_errno(err, HG_ERR_IO,
                          "drop: cannot become user %ld (drop=false keeps all rights)", (long)user);
}

int hg__watch_drop_rights(hg_error *err) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (geteuid() == 0) HG_TRY(become_nobody(err));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &head, none) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "drop: cannot give capabilities up");
    }
    return HG_OK;
}
