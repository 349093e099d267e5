// SPDX-License-Identifier: Apache-2.0
// sanitized.h - whether a test is built with the address or the thread sanitizer: 1 or 0.
#ifndef HG_TESTS_SANITIZED_H
#define HG_TESTS_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
# define IS_SANITIZED 1
#elif defined(__has_feature)
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#  define IS_SANITIZED 1
# endif
#endif
#ifndef IS_SANITIZED
# define IS_SANITIZED 0
#endif
#endif
