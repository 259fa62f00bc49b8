// Options of jemalloc, which reads this variable of the executable before main. Huge pages: tables
// of memory and caches are searched at random, and an address that the processor has to look up
// costs more than the search. https://jemalloc.net/jemalloc.3.html#tuning; MALLOC_CONF in the
// environment has the last word.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "thp:always,metadata_thp:always";
}
