/* SPDX-License-Identifier: MIT */
/* A sound system that hangs: mk/tests.mk puts a list of devices that comes when
 * the test likes before the real one.
 */
#include "audio/port.h"
#include "audio/sound.h"
#include "client/fakes.h"

#include <stdatomic.h>
#include <time.h>

static atomic_bool is_stuck, is_inside;

wzp_err __real_wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out);
wzp_err __wrap_wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out);
wzp_err __wrap_wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out)
{
    const struct timespec ms = {.tv_nsec = 1000000};
    atomic_store(&is_inside, true);
    while (atomic_load(&is_stuck)) {
        nanosleep(&ms, NULL);
    }
    return __real_wzp__sound_list_get(s, out);
}

/* Memory that two threads may take and give back. */
static _Atomic size_t blocks;

static void *resize(void *user, void *ptr, size_t old, size_t size)
{
    (void)user;
    (void)old;
    if (size == 0) {
        free(ptr);
        atomic_fetch_sub(&blocks, ptr != NULL ? 1 : 0);
        return NULL;
    }
    atomic_fetch_add(&blocks, ptr == NULL ? 1 : 0);
    return realloc(ptr, size);
}

static void await(bool (*is_so)(void))
{
    const struct timespec ms = {.tv_nsec = 1000000};
    for (int i = 0; i < 60000 && !is_so(); i++) {
        nanosleep(&ms, NULL);
    }
    assert_true(is_so());
}

static bool hangs(void)
{
    return atomic_load(&is_inside);
}

static bool is_all_freed(void)
{
    return atomic_load(&blocks) == 0;
}

WZP_TEST(device_that_hangs_keeps_nobody_but_itself)
{
    wzp_audio_device *device;
    wzp_audio_device_config cfg;
    wzp_audio_port port;
    const wzp_mem mem = wzp_mem_default();
    ASSERT_OK(wzp__audio_port_init(&port, &mem));
    wzp_audio_device_config_default(&cfg);
    cfg.mem = (wzp_mem){.resize = resize};
    cfg.backend = "null";
    ASSERT_OK(wzp_audio_device_new(&device, &cfg));
    const wzp_audio_io io = wzp_audio_device_table(device);
    atomic_store(&is_stuck, true);
    ASSERT_OK(io.start(io.user, &port));
    await(hangs);

    io.stop(io.user);
    wzp_audio_device_free(device); /* comes back */

    wzp__audio_port_deinit(&port, &mem);
    assert_false(is_all_freed());
    atomic_store(&is_stuck, false);
    await(is_all_freed);
}
