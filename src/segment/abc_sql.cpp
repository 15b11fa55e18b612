// abc_class(...) OVER (...): the first row of a partition classifies all of it, the others look theirs up.
#include "pg/array.hpp"
#include "pg/number.hpp"
#include "pg/varlena.hpp"
#include "pg/window.hpp"
#include "segment/abc.hpp"
#include "segment/share.hpp"
#include <algorithm>
#include <string>

namespace cd::segment {
namespace {

// Kept for the partition.
constexpr std::uint8_t no_class = 0xff;
struct Partition {
    bool classified;
    std::uint8_t classes[];
};

// The cuts of a partition, which are one for all of its rows.
AbcClasses classes_of(FunctionCallInfo fcinfo, std::span<double> values, std::int64_t rows) {
    bool none;
    const Datum first = WinGetFuncArgCurrent(pg::window_of(fcinfo), 1, &none);
    if (none) throw Error(sqlstate::invalid_parameter, "cuts must not be NULL", "", "Leave them out for '{0.8,0.95}'.");
    const std::span<const double> given = pg::elements<double>(first, "cuts");
    check_cuts(given);
    std::array<double, max_cuts> copy; // what was given may stand in the row that the window reads next
    std::ranges::copy(given, copy.begin());
    const std::span<const double> cuts(copy.data(), given.size());
    if (pg::may_vary(fcinfo, 1))
        pg::each_row(fcinfo, 1, rows, [cuts](std::int64_t row, Datum other, bool null) {
            if (null || !std::ranges::equal(pg::elements<double>(other, "cuts"), cuts))
                throw Error(sqlstate::invalid_parameter, "cuts must be the same for all rows of a partition",
                            "Row " + std::to_string(row + 1) + " differs from the first.",
                            "Name what they depend on in PARTITION BY.");
        });
    return abc_classes(values, cuts, pg::interrupts);
}

template <class Amount> void classify(FunctionCallInfo fcinfo, Partition &partition, std::int64_t rows) {
    const auto n = static_cast<std::size_t>(rows);
    MemoryContext const memory =
        AllocSetContextCreate(CurrentMemoryContext, "abc_class values", ALLOCSET_DEFAULT_SIZES);
    auto *const values = static_cast<double *>(MemoryContextAllocHuge(memory, sizeof(double) * n));
    auto *const sorted = static_cast<double *>(MemoryContextAllocHuge(memory, sizeof(double) * n));
    std::size_t known = 0;
    pg::each_row(fcinfo, 0, rows, [&](std::int64_t row, Datum given, bool null) {
        values[row] = __builtin_nan("");
        if (null) return;
        const double value = Amount::value(given);
        check_value(value);
        values[row] = sorted[known++] = value;
    });
    const AbcClasses classes = classes_of(fcinfo, {sorted, known}, rows);
    for (std::size_t i = 0; i < n; ++i) {
        pg::interrupts.every(i);
        partition.classes[i] = !classes.defined || std::isnan(values[i])
                                   ? no_class
                                   : static_cast<std::uint8_t>(classes.class_of(values[i]));
    }
    MemoryContextDelete(memory);
    partition.classified = true;
}

// The 26 classes as text, made once per query.
struct Letters {
    Datum of[max_cuts + 1];

    static const Letters &get(FunctionCallInfo fcinfo) {
        FmgrInfo *const function = fcinfo->flinfo;
        if (!function->fn_extra) {
            MemoryContext const previous = MemoryContextSwitchTo(function->fn_mcxt);
            auto *const letters = static_cast<Letters *>(palloc(sizeof(Letters)));
            for (std::size_t i = 0; i <= max_cuts; ++i) {
                const char letter = static_cast<char>('A' + i);
                letters->of[i] = pg::text_datum({&letter, 1});
            }
            MemoryContextSwitchTo(previous);
            function->fn_extra = letters;
        }
        return *static_cast<const Letters *>(function->fn_extra);
    }
};

template <class Amount> Datum abc_class(FunctionCallInfo fcinfo) {
    WindowObject const window = pg::window_of(fcinfo);
    const std::int64_t rows = WinGetPartitionRowCount(window);
    const std::size_t size = sizeof(Partition) + static_cast<std::size_t>(rows);
    if (size > MaxAllocSize)
        throw Error(sqlstate::program_limit, "partition is too large to be classified by a window function",
                    "It has " + std::to_string(rows) + " rows.", "Name a column in PARTITION BY, or filter rows of 0.");
    auto &partition = *static_cast<Partition *>(WinGetPartitionLocalMemory(window, size));
    if (!partition.classified) classify<Amount>(fcinfo, partition, rows);
    const std::uint8_t c = partition.classes[WinGetCurrentPosition(window)];
    if (c == no_class) PG_RETURN_NULL();
    return Letters::get(fcinfo).of[c];
}

} // namespace
} // namespace cd::segment

using namespace cd::segment;

CD_DEFINE(cd_abc_class_float8, abc_class<cd::pg::Float8Arg>)
CD_DEFINE(cd_abc_class_numeric, abc_class<cd::pg::NumericArg>)
