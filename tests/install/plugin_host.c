/* SPDX-License-Identifier: MIT */
/* plugin_host FILE.so: load it, run it, unload it, and once more. The host has
 * a libsodium of its own in the process.
 */
#include <sodium.h>

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0) {
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        void *so = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (so == NULL) {
            printf("%s\n", dlerror());
            return 1;
        }
        const char *(*run)(void);
        *(void **)&run = dlsym(so, "plugin_run");
        const char *bad = run();
        if (bad != NULL) {
            printf("plugin: %s\n", bad);
            return 1;
        }
        dlclose(so);
    }
    return 0;
}
