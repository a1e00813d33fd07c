/* SPDX-License-Identifier: MIT */
/* Was this compiled with the address or the thread sanitizer? Those have an
 * allocator of their own, which keeps what was freed, and lock no memory.
 */
#ifndef WZP_TEST_SANITIZED_H
#define WZP_TEST_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define WZP_TEST_SANITIZED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define WZP_TEST_SANITIZED 1
#    endif
#endif
#ifndef WZP_TEST_SANITIZED
#    define WZP_TEST_SANITIZED 0
#endif

#endif
