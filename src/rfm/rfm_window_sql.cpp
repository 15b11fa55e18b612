// rfm_score(...) OVER (...): the first row of a partition scores all of it, the others look theirs up.
#include "pg/time.hpp"
#include "pg/window.hpp"
#include "purchase/purchase_sql.hpp"
#include "rfm/rfm_sql.hpp"
#include <utility>

namespace cd::rfm {
namespace {

// Kept for the partition. A score of zeros is no score.
struct Partition {
    bool scored, more_than_9_bins;
    Score scores[];
};

// The values of a partition, column by column. A row that gets no score has a recency of NaN.
constexpr double no_score = __builtin_nan("");
struct Columns {
    std::int64_t rows;
    double *of[dimensions];
};

// Where values come from: three columns of numbers, or a purchase_summary and a time.
struct ThreeValues {
    static constexpr int arguments = 3;
    // Column by column: the window's row store steps cheaply to the next row, and not at all cheaply to the same one.
    static void read(FunctionCallInfo fcinfo, const Columns &columns) {
        for (int d = 0; d < dimensions; ++d)
            pg::each_row(fcinfo, d, columns.rows, [&columns, d](std::int64_t row, Datum value, bool null) {
                if (null) {
                    columns.of[recency][row] = no_score;
                    return;
                }
                columns.of[d][row] = DatumGetFloat8(value) + 0.0; // -0.0 becomes 0
                check_value(static_cast<Dimension>(d), columns.of[d][row]);
            });
    }
};

template <class Time> struct SummaryAndTime {
    static constexpr int arguments = 2;
    // Each row's day first, in the place of its recency.
    static void read(FunctionCallInfo fcinfo, const Columns &columns) {
        pg::each_row(fcinfo, 1, columns.rows, [&columns](std::int64_t row, Datum value, bool null) {
            columns.of[recency][row] = null ? no_score : Time::day(value);
        });
        pg::each_row(fcinfo, 0, columns.rows, [&columns](std::int64_t row, Datum value, bool null) {
            const double as_of = std::exchange(columns.of[recency][row], no_score);
            if (null || std::isnan(as_of)) return;
            const purchase::Figures f = purchase::stored_of(pg::bytes_arg(value)).figures;
            if (f.purchases == 0) return; // refunds alone
            columns.of[recency][row] = static_cast<double>(f.recency_days(static_cast<purchase::Day>(as_of)));
            columns.of[frequency][row] = static_cast<double>(f.purchases);
            columns.of[monetary][row] = f.revenue();
        });
    }
};

void score(Partition &partition, const Columns &columns, int bins, Method method) {
    const auto rows = static_cast<std::size_t>(columns.rows);
    std::vector<double> values;
    values.reserve(rows);
    const double *const recency_days = columns.of[recency];
    Bins cuts;
    for (int d = 0; d < dimensions; ++d) {
        values.clear();
        for (std::size_t i = 0; i < rows; ++i) {
            pg::interrupts.every(i);
            if (!std::isnan(recency_days[i])) values.push_back(columns.of[d][i]);
        }
        if (values.empty()) return;
        cuts.cuts[static_cast<std::size_t>(d)] =
            cuts_of(values, static_cast<Dimension>(d), bins, method, pg::interrupts);
    }
    for (std::size_t i = 0; i < rows; ++i) {
        pg::interrupts.every(i);
        if (!std::isnan(recency_days[i]))
            partition.scores[i] = cuts.score(recency_days[i], columns.of[frequency][i], columns.of[monetary][i]);
    }
}

// An argument that is one for all rows, as `read` reads it.
template <class Read> auto one_value(FunctionCallInfo fcinfo, int argument, std::int64_t rows, Read read) {
    bool none;
    const Datum first = WinGetFuncArgCurrent(pg::window_of(fcinfo), argument, &none);
    if (none)
        throw Error(sqlstate::invalid_parameter, "bins and method must not be NULL", "",
                    "Leave them out for 5 and 'dense'.");
    const auto value = read(first);
    if (pg::may_vary(fcinfo, argument))
        pg::each_row(fcinfo, argument, rows, [&value, &read](std::int64_t row, Datum other, bool null) {
            if (null || read(other) != value)
                throw Error(sqlstate::invalid_parameter, "bins and method must be the same for all rows of a partition",
                            "Row " + std::to_string(row + 1) + " differs from the first.",
                            "Name what they depend on in PARTITION BY.");
        });
    return value;
}

template <class Source> void score_partition(FunctionCallInfo fcinfo, Partition &partition, std::int64_t rows) {
    const int bins = one_value(fcinfo, Source::arguments, rows, [](Datum number) {
        const int n = DatumGetInt32(number);
        check_bins(n);
        return n;
    });
    const Method method =
        one_value(fcinfo, Source::arguments + 1, rows, [](Datum name) { return method_named(pg::text_arg(name)); });

    MemoryContext const memory =
        AllocSetContextCreate(CurrentMemoryContext, "rfm_score columns", ALLOCSET_DEFAULT_SIZES);
    Columns columns{rows, {}};
    for (double *&column : columns.of)
        column = static_cast<double *>(MemoryContextAllocHuge(memory, sizeof(double) * static_cast<std::size_t>(rows)));
    Source::read(fcinfo, columns);
    score(partition, columns, bins, method);
    MemoryContextDelete(memory);
    partition.more_than_9_bins = bins > 9;
    partition.scored = true;
}

template <class Source> Datum window_score(FunctionCallInfo fcinfo) {
    WindowObject const window = pg::window_of(fcinfo);
    const std::int64_t rows = WinGetPartitionRowCount(window);
    const std::size_t size = sizeof(Partition) + sizeof(Score) * static_cast<std::size_t>(rows);
    if (size > MaxAllocSize)
        throw Error(sqlstate::program_limit, "partition is too large to be scored by a window function",
                    "It has " + std::to_string(rows) + " rows.", "Use rfm_agg and rfm_bins, and score row by row.");
    auto &partition = *static_cast<Partition *>(WinGetPartitionLocalMemory(window, size));
    if (!partition.scored) score_partition<Source>(fcinfo, partition, rows);
    const Score s = partition.scores[WinGetCurrentPosition(window)];
    if (s.recency == 0) PG_RETURN_NULL();
    return ScoreDatums::of(fcinfo)(s, partition.more_than_9_bins);
}

} // namespace
} // namespace cd::rfm

using namespace cd::rfm;

CD_DEFINE(cd_rfm_score_window_values, window_score<ThreeValues>)
CD_DEFINE(cd_rfm_score_window_summary_timestamptz, window_score<SummaryAndTime<cd::pg::TimestamptzArg>>)
CD_DEFINE(cd_rfm_score_window_summary_date, window_score<SummaryAndTime<cd::pg::DateArg>>)
