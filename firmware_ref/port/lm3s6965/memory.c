/*
 * The two functions a C compiler may call for assignments of structures, even where there is no C library. The empty
 * assembler line keeps it from recognising the loop and calling the function from within itself; `used` keeps them for calls
 * that appear only when the whole program is compiled at once.
 */
#include <stddef.h>
#include <stdint.h>

__attribute__((used)) void *memset(void *target, int value, size_t count);
__attribute__((used)) void *memcpy(void *restrict target, const void *restrict source, size_t count);

void *memset(void *target, int value, size_t count) {
    uint8_t *to = target;
    for (size_t i = 0; i < count; i++) {
        to[i] = (uint8_t)value;
        __asm volatile("" ::: "memory");
    }
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t count) {
    uint8_t *to = target;
    const uint8_t *from = source;
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
        __asm volatile("" ::: "memory");
    }
    return target;
}
