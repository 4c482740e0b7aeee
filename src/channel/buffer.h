/*
 * A buffer of each thread, as large as a message can be: to read to when it is
 * not known yet how much there is, and by how many who wait.
 */
#pragma once

/* 8-aligned; the same one every time, freed with the thread. NULL: no memory.
 */
void *buffer_of_thread(void);
