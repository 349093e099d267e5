// SPDX-License-Identifier: Apache-2.0
// watch_filter.c - what a watcher may still ask of the kernel once all is open.
//
// Packets are written by strangers. Should one ever make our code do what it was not written for, then there is no other program to
// start, no socket to make, no file to write (but with page=, state= or learn=, which are written later) and no memory to be made code.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jobs/watch.h"

#ifdef __has_feature // clang
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
     __has_feature(memory_sanitizer)
#  define IS_WATCHED_ITSELF 1
# endif
#endif
// Sanitizers and those that count coverage have wishes of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(HG_COVERAGE)
# define IS_WATCHED_ITSELF 1
#endif
#ifndef IS_WATCHED_ITSELF
# define IS_WATCHED_ITSELF 0
#endif

#if defined(__x86_64__)
# define MACHINE AUDIT_ARCH_X86_64
# define FOREIGN 0x40000000U // from here on numbers are those of the x32 ABI
#elif defined(__aarch64__)
# define MACHINE AUDIT_ARCH_AARCH64
# define FOREIGN 0x80000000U
#endif

#if !defined(MACHINE)

int hg__watch_filter(const hg__watch_needs *n, hg_error *err) {
    (void)n;
    return hg__fail(err, HG_ERR_MISSING,
                    "drop: there is no filter of system calls for this machine");
}

#else

enum { MOST = 512 }; // instructions

typedef struct program {
    struct sock_filter code[MOST];
    unsigned short count;
} program;

// One that is longer than MOST is refused, not cut: its end is what refuses the rest.
static void add(program *p, uint16_t code, uint32_t value, uint8_t yes, uint8_t no) {
    const struct sock_filter one = {.code = code, .k = value, .jt = yes, .jf = no};
    if (p->count < MOST) p->code[p->count] = one;
    p->count++;
}

static void load(program *p, size_t offset) {
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

// Half an argument of the call: the lower one of 64 bits, both machines being little-endian.
static void load_argument(program *p, size_t i, size_t half) {
    load(p, offsetof(struct seccomp_data, args) + 8 * i + 4 * half);
}

static void answer(program *p, uint32_t action) {
    add(p, BPF_RET | BPF_K, action, 0, 0);
}

static void answer_if(program *p, uint16_t test, uint32_t value, uint32_t action) {
    add(p, BPF_JMP | BPF_K | test, value, 0, 1);
    answer(p, action);
}

static void allow(program *p, const int *call, size_t count) {
    for (size_t i = 0; i < count; i++) {
        answer_if(p, BPF_JEQ, (uint32_t)call[i], SECCOMP_RET_ALLOW);
    }
}

// ---- what needs no second look ------------------------------------------------------------------

static const int plain[] = {
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_fcntl,
    SYS_fadvise64,
    SYS_ppoll,
    SYS_pselect6,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_sendto,
    SYS_accept4,
    SYS_getsockopt,
    SYS_shutdown,
    // files
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_fstatfs,
    SYS_statfs,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    // memory
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    // threads and signals
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getcpu,
    SYS_membarrier,
    SYS_gettid,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
    // what time it is, who we are
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
# if defined(__x86_64__) // older names of some of them
    SYS_poll,
    SYS_select,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_time,
# endif
};

// Of base/writer.h, beside files that are opened to be written.
static const int saving[] = {
    SYS_fsync,      SYS_fdatasync, SYS_ftruncate, SYS_fallocate, SYS_flock,    SYS_linkat,
    SYS_unlinkat,   SYS_renameat,  SYS_renameat2, SYS_fchmod,    SYS_fchown,   SYS_umask,
    SYS_flistxattr, SYS_fgetxattr, SYS_fsetxattr, SYS_listxattr, SYS_getxattr,
# if defined(__x86_64__)
    SYS_link,       SYS_unlink,    SYS_rename,
# endif
};

static const int deadly[] = {SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
                             SYS_process_vm_writev};

// ---- what depends on how it is meant ------------------------------------------------------------

// Behind a call's name: its rules, which end in an answer, are jumped over where it is another.
static unsigned short begin_call(program *p, int call) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 0);
    return (unsigned short)(p->count - 1);
}

static void end_call(program *p, unsigned short at) {
    if (p->count <= MOST) p->code[at].jf = (uint8_t)(p->count - 1 - at);
}

static const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;

// Allowed where none of the bits is set in the argument (or, is_wanted, where one is).
static void add_bits(program *p, int call, size_t argument, uint32_t bits, bool is_wanted) {
    const unsigned short at = begin_call(p, call);
    load_argument(p, argument, 0);
    answer_if(p, BPF_JSET, bits, is_wanted ? SECCOMP_RET_ALLOW : refused);
    answer(p, is_wanted ? refused : SECCOMP_RET_ALLOW);
    end_call(p, at);
}

// Allowed where the lower half of the argument is one of these.
static void add_values(program *p, int call, size_t argument, const uint32_t *value, size_t count) {
    const unsigned short at = begin_call(p, call);
    load_argument(p, argument, 0);
    for (size_t i = 0; i < count; i++) answer_if(p, BPF_JEQ, value[i], SECCOMP_RET_ALLOW);
    answer(p, refused);
    end_call(p, at);
}

static void add_limits_read(program *p) { // prlimit64 that sets none
    const unsigned short at = begin_call(p, SYS_prlimit64);
    load_argument(p, 2, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    answer(p, refused);
    load_argument(p, 2, 1);
    answer_if(p, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
    answer(p, refused);
    end_call(p, at);
}

static void add_meant(program *p, const hg__watch_needs *n) {
    static const uint32_t questions[] = {TIOCGWINSZ, TCGETS, FIONREAD, SIOCGIFFLAGS};
    static const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC; // O_TMPFILE has O_RDWR
    const uint32_t own = (uint32_t)getpid(), log = (uint32_t)n->syslog;
    add_bits(p, SYS_openat, 2, n->saves_files ? 0 : writing, false);
    add_bits(p, SYS_mmap, 2, PROT_EXEC, false);
    add_bits(p, SYS_mprotect, 2, PROT_EXEC, false);
    add_bits(p, SYS_clone, 0, CLONE_THREAD, true);
    answer_if(p, BPF_JEQ, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS); // clone() is taken then
    add_values(p, SYS_ioctl, 1, questions, sizeof questions / sizeof *questions);
    add_values(p, SYS_tgkill, 0, &own, 1); // abort()
    if (n->syslog >= 0) add_values(p, SYS_connect, 0, &log, 1);
    add_limits_read(p);
}

static void write_program(program *p, const hg__watch_needs *n) {
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    answer_if(p, BPF_JGE, FOREIGN, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        answer_if(p, BPF_JEQ, (uint32_t)deadly[i], SECCOMP_RET_KILL_PROCESS);
    }
    allow(p, plain, sizeof plain / sizeof *plain);
    if (n->saves_files) allow(p, saving, sizeof saving / sizeof *saving);
    add_meant(p, n);
    answer(p, refused);
}

// A kernel with filters asks where the program lies; one without does not know the mode.
static bool has_filters(void) {
    const int number = errno;
    const bool has =
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EFAULT;
    errno = number;
    return has;
}

int hg__watch_filter(const hg__watch_needs *n, hg_error *err) {
    if (IS_WATCHED_ITSELF) return HG_OK;
    program p = {.count = 0};
    write_program(&p, n);
    if (p.count > MOST) {
        return hg__fail(err, HG_ERR_IO,
                        "drop: expected a filter of at most %d instructions, got %d", MOST,
                        p.count);
    }
    const struct sock_fprog all = {.len = p.count, .filter = p.code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0) == 0) {
        return HG_OK;
    }
    if (errno == ENOSYS || (errno == EINVAL && !has_filters())) {
        return hg__fail(err, HG_ERR_MISSING,
                        "drop: this kernel has no filters of system calls: all stay allowed");
    }
    return hg__fail_errno(err, HG_ERR_IO,
                          "drop: cannot filter system calls (drop=false leaves them as they are)");
}
#endif
