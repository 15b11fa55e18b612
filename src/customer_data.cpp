// The module: its magic, and its settings.
#include "customer_data.hpp"
#include "keyring/process_sql.hpp"
#include "pg/progress.hpp"
#include "reveal/shared_tickets_sql.hpp"
#include <climits>
extern "C" {
#include "access/parallel.h"
#include "utils/guc.h"
}

extern "C" {
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "customer_data");
#else
PG_MODULE_MAGIC;
#endif
PGDLLEXPORT void _PG_init(void);
}

namespace cd {
static std::size_t bytes(int kilobytes) { return static_cast<std::size_t>(kilobytes) * 1024; }
static int max_book_kilobytes = 720 * 1024;
static int max_dataset_kilobytes = 2 * 1024 * 1024;
static int max_segment_kilobytes = 1024 * 1024;
static int thread_count = 1;
static bool progress_lines = false;
std::size_t max_book_memory() { return bytes(max_book_kilobytes); }
std::size_t max_dataset_memory() { return bytes(max_dataset_kilobytes); }
std::size_t max_segment_memory() { return bytes(max_segment_kilobytes); }
int threads() { return IsParallelWorker() ? 1 : thread_count; }
bool progress() { return progress_lines; }
Work work() { return {pg::interrupts, progress() ? pg::tell : nullptr, threads()}; }
} // namespace cd

void _PG_init(void) {
    DefineCustomIntVariable("customer_data.max_book_memory",
                            "Size that a purchase_book, or a summary of a whole table, may have when it is stored.",
                            "It holds for rfm_summary, survival_summary, evaluation_summary, drift_summary, "
                            "lorenz_summary, clv_summary and anonymity_summary. A "
                            "value over 767 MB allows larger ones within a query, which then cannot be stored.",
                            &cd::max_book_kilobytes, cd::max_book_kilobytes, 64, MAX_KILOBYTES, PGC_USERSET,
                            GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "customer_data.max_dataset_memory", "Memory that a dataset may take while it is gathered.",
        "A row of 20 numbers takes 80 or 160 bytes. A model that is fitted takes memory of its own.",
        &cd::max_dataset_kilobytes, cd::max_dataset_kilobytes, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, nullptr,
        nullptr, nullptr);
    DefineCustomIntVariable("customer_data.max_segment_memory", "Memory that the refresh of a segment may use.",
                            "1 GB is enough for eight million members with ids of ten letters.",
                            &cd::max_segment_kilobytes, cd::max_segment_kilobytes, 64, MAX_KILOBYTES, PGC_USERSET,
                            GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("customer_data.threads", "Threads that the fit of a model may use, its own included.",
                            "The model is the same with any number. A parallel worker uses one.", &cd::thread_count,
                            cd::thread_count, 1, cd::max_threads, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("customer_data.progress", "Whether long work tells how far it is.",
                             "Lines are sent with level INFO.", &cd::progress_lines, cd::progress_lines, PGC_USERSET, 0,
                             nullptr, nullptr, nullptr);
    cd::keyring::define_settings();
    if (process_shared_preload_libraries_in_progress) cd::reveal::request_shared_memory();
    MarkGUCPrefixReserved("customer_data");
    if (process_shared_preload_libraries_in_progress) cd::keyring::preload();
}
