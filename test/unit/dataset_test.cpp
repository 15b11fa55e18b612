#include "dataset/dataset.hpp"
#include "dataset/column_statistics.hpp"
#include "math/random.hpp"
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::dataset;
using math::Random;

namespace {

std::pmr::memory_resource *memory() { return std::pmr::new_delete_resource(); }

struct Owned {
    std::pmr::monotonic_buffer_resource memory;
    Dataset set;
    explicit Owned(std::size_t limit = SIZE_MAX) : set(&memory, limit) {}
};

std::vector<std::uint8_t> flat(const Dataset &set) {
    std::vector<std::uint8_t> bytes(set.flat_room());
    bytes.resize(static_cast<std::size_t>(set.flatten(bytes.data()) - bytes.data()));
    return bytes;
}

// A cell is a number, a text, or missing.
struct Cell {
    double number = missing;
    std::string text;
    bool there = false;
    bool operator==(const Cell &other) const {
        return there == other.there && (!there || (text == other.text && (!text.empty() || number == other.number)));
    }
};
using Table = std::vector<std::vector<Cell>>; // by rows
Cell number(double v) { return {v, "", true}; }
Cell text(std::string v) { return {0, std::move(v), true}; }

Shape shape_of(const std::vector<std::pair<std::string, Kind>> &columns, bool label = false, bool weight = false,
               bool customer = false) {
    Shape shape(memory());
    for (const auto &[name, kind] : columns) shape.columns.emplace_back(name, kind);
    shape.has_label = label;
    shape.has_weight = weight;
    shape.has_customer = customer;
    return shape;
}

void add(Dataset &set, const Table &table) {
    for (const auto &row : table) {
        for (std::size_t c = 0; c < row.size(); ++c)
            if (set.shape().columns[c].is_category())
                set.put(c, row[c].there ? set.code(c, row[c].text) : 0);
            else
                set.put(c, row[c].there ? row[c].number : missing);
        set.end_row();
    }
}

Table table_of(const View &view) {
    Table table(view.rows(), std::vector<Cell>(view.shape().columns.size()));
    for (std::size_t c = 0; c < view.shape().columns.size(); ++c) {
        const Column &column = view.shape().columns[c];
        const std::vector<double> values = view.column<double>(c, Poll{});
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (column.is_category() && values[i] != 0)
                table[i][c] = text(std::string(column.levels[static_cast<std::uint32_t>(values[i])]));
            if (!column.is_category() && !is_missing(values[i])) table[i][c] = number(values[i]);
        }
    }
    return table;
}

const std::vector<std::pair<std::string, Kind>> mixed = {
    {"age", Kind::number}, {"country", Kind::category}, {"spend", Kind::number}, {"churned", Kind::number}};

Table random_table(std::uint64_t seed, std::size_t rows, std::uint64_t countries) {
    Random random(seed, 0);
    Table table;
    for (std::size_t i = 0; i < rows; ++i)
        table.push_back({random.bits() % 10 ? number(static_cast<double>(random.bits() % 100)) : Cell{},
                         random.bits() % 10 ? text("c" + std::to_string(random.bits() % countries)) : Cell{},
                         random.bits() % 10 ? number(static_cast<double>(random.bits() % 100000) / 100) : Cell{},
                         number(static_cast<double>(random.bits() % 2))});
    return table;
}

// Bytes of a value in the rows, of a dataset of one column.
double bytes_per_row(Kind kind, const Table &table) {
    Owned o;
    o.set.fit_shape(shape_of({{"x", kind}}));
    add(o.set, table);
    const View view(o.set);
    return static_cast<double>(view.bytes() - view.chunks()) / static_cast<double>(table.size());
}

Table texts(std::size_t distinct) {
    Table table;
    for (std::size_t i = 0; i < chunk_rows * ((distinct + chunk_rows - 1) / chunk_rows); ++i)
        table.push_back({text("v" + std::to_string(i % distinct))});
    return table;
}

ColumnStatistics of_numbers(const std::vector<double> &values) {
    Owned o;
    o.set.fit_shape(shape_of({{"x", Kind::number}}));
    for (const double v : values) add(o.set, {{number(v)}});
    return statistics(View(o.set), 0, Poll{});
}

template <class F> std::string refusal(F &&f) {
    try {
        f();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what() + " " + e.detail();
    }
    return "";
}

} // namespace

TEST(Dataset, GivesBackWhatWasPutIn) {
    for (const std::size_t rows : {0, 1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 5000}) {
        const Table table = random_table(rows, rows, 20);
        Owned o;
        o.set.fit_shape(shape_of(mixed, true));
        add(o.set, table);
        EXPECT_EQ(o.set.rows(), rows);
        EXPECT_EQ(table_of(View(o.set)), table);
        const std::vector<std::uint8_t> bytes = flat(o.set);
        EXPECT_LE(bytes.size(), o.set.flat_room());
        check(bytes, Poll{});
        const View view(bytes);
        EXPECT_EQ(table_of(view), table);
        EXPECT_EQ(view.features(), 3u);
        EXPECT_EQ(view.shape().columns[view.shape().label()].name, "churned");
        EXPECT_EQ(view.chunks(), (rows + 1023) / 1024);
        // The object is not changed by being read, and goes on.
        add(o.set, {table.begin(), table.begin() + std::min<std::ptrdiff_t>(1, std::ssize(table))});
        EXPECT_EQ(o.set.rows(), rows + (rows > 0));
    }
}

// A dictionary without a letter.
TEST(Dataset, TheEmptyTextIsAValue) {
    Owned o, again;
    o.set.fit_shape(shape_of({{"x", Kind::category}}));
    add(o.set, {{text("")}, {Cell{}}});
    const std::vector<std::uint8_t> bytes = flat(o.set);
    check(bytes, Poll{});
    again.set.merge(bytes, Poll{});
    EXPECT_EQ(flat(again.set), bytes);
    EXPECT_EQ(View(bytes).column<std::uint32_t>(0, Poll{}), (std::vector<std::uint32_t>{1, 0}));
}

// A moved view still knows its columns and its last rows.
TEST(Dataset, ViewsMove) {
    const Table table = random_table(3, 1500, 4);
    Owned o;
    o.set.fit_shape(shape_of(mixed));
    add(o.set, table);
    const std::vector<std::uint8_t> bytes = flat(o.set);
    std::vector<View> views;
    views.emplace_back(o.set);
    views.emplace_back(bytes);
    views.emplace_back(View(bytes)); // makes the vector move the others
    for (const View &view : views) EXPECT_EQ(table_of(view), table);
}

TEST(Dataset, NumbersTakeFourBytesIfNoBitIsLost) {
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(1)})), 4);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {Cell{}})), 4);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(16777216)})), 4); // 2^24
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(16777217)})), 8);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(0.25)})), 4);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(0.1)})), 8);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(DBL_MAX)})), 8);
    EXPECT_EQ(bytes_per_row(Kind::number, Table(100, {number(DBL_TRUE_MIN)})), 8);
    // Each chunk has its own width: one of two chunks is wide here.
    Table table(2048, {number(7)});
    table[2000] = {number(0.1)};
    EXPECT_EQ(bytes_per_row(Kind::number, table), 6);
}

TEST(Dataset, CodesAreAsNarrowAsTheirDictionary) {
    EXPECT_EQ(bytes_per_row(Kind::category, texts(1)), 1);
    EXPECT_EQ(bytes_per_row(Kind::category, texts(255)), 1);
    EXPECT_EQ(bytes_per_row(Kind::category, texts(256)), 2);
    EXPECT_EQ(bytes_per_row(Kind::category, texts(65535)), 2);
    // 65 chunks, of which the last two have codes over 65,535.
    EXPECT_EQ(bytes_per_row(Kind::category, texts(65536 + 1024)), (63 * 2 + 2 * 4) / 65.0);
}

TEST(Dataset, SignedZeroAndExtremesSurvive) {
    const std::vector<double> values = {-0.0, 0.0, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN, FLT_MAX, FLT_TRUE_MIN, 1e-45};
    Owned o;
    o.set.fit_shape(shape_of({{"x", Kind::number}}));
    for (const double v : values) add(o.set, {{number(v)}});
    const std::vector<std::uint8_t> bytes = flat(o.set);
    check(bytes, Poll{});
    const std::vector<double> back = View(bytes).column<double>(0, Poll{});
    EXPECT_EQ(std::memcmp(back.data(), values.data(), values.size() * sizeof(double)), 0);
}

TEST(Dataset, MergingPartsGivesTheWhole) {
    const Table table = random_table(5, 4000, 300);
    Owned whole;
    whole.set.fit_shape(shape_of(mixed, true));
    add(whole.set, table);
    for (const std::size_t cut : {0, 1, 1000, 1024, 2500, 4000}) {
        Owned first, second, merged;
        first.set.fit_shape(shape_of(mixed, true));
        second.set.fit_shape(shape_of(mixed, true));
        const auto at = table.begin() + static_cast<std::ptrdiff_t>(cut);
        add(first.set, {table.begin(), at});
        add(second.set, {at, table.end()}); // has its own codes
        first.set.skip();
        second.set.skip();
        merged.set.merge(flat(first.set), Poll{});
        EXPECT_EQ(flat(merged.set), flat(first.set)) << cut;
        merged.set.merge(flat(second.set), Poll{});
        EXPECT_EQ(table_of(View(merged.set)), table) << cut;
        EXPECT_EQ(merged.set.skipped(), 2u);
        check(flat(merged.set), Poll{});
        // The whole has its rows in the same order, so also the same codes.
        EXPECT_EQ(View(flat(merged.set)).column<std::uint32_t>(1, Poll{}),
                  View(flat(whole.set)).column<std::uint32_t>(1, Poll{}));
    }
}

TEST(Dataset, EmptyOnesMerge) {
    Owned nothing, skipped, other;
    skipped.set.skip();
    nothing.set.merge(flat(skipped.set), Poll{});
    EXPECT_EQ(nothing.set.skipped(), 1u);
    EXPECT_FALSE(nothing.set.has_shape());
    check(flat(nothing.set), Poll{});
    other.set.name_columns(2, true, true);
    nothing.set.merge(flat(other.set), Poll{});
    EXPECT_EQ(nothing.set.shape().features(), 2u);
    EXPECT_EQ(nothing.set.shape().columns[2].name, "label");
    EXPECT_EQ(nothing.set.shape().columns[3].name, "weight");
    EXPECT_EQ(View(flat(nothing.set)).rows(), 0u);
}

TEST(Dataset, OtherColumnsAreRefused) {
    const auto refused = [](const Shape &theirs) {
        Owned ours, other;
        ours.set.fit_shape(shape_of(mixed, true));
        other.set.fit_shape(theirs);
        return refusal([&] { ours.set.merge(flat(other.set), Poll{}); });
    };
    const auto changed = [](std::size_t i, std::pair<std::string, Kind> column) {
        auto columns = mixed;
        columns[i] = std::move(column);
        return shape_of(columns, true);
    };
    EXPECT_EQ(refused(shape_of(mixed, true)), "");
    EXPECT_EQ(
        refused(shape_of(mixed)),
        "22023 datasets have different columns Only one of them has a label, or a weight, or names the customer.");
    EXPECT_EQ(refused(shape_of(mixed, false, false, true)), refused(shape_of(mixed)));
    EXPECT_EQ(refused(shape_of({mixed.begin() + 1, mixed.end()}, true)),
              "22023 datasets have different columns One has 4 columns, the other one 3.");
    EXPECT_EQ(refused(changed(0, {"Age", Kind::number})),
              "22023 datasets have different columns Column 1 is \"age\" (numeric) in one and \"Age\" (numeric) in the "
              "other.");
    EXPECT_EQ(refused(changed(2, {"spend", Kind::category})),
              "22023 datasets have different columns Column 3 is \"spend\" (numeric) in one and \"spend\" "
              "(categorical) in the other.");
}

// SplitMix64's finalizer of the length and the bytes, eight at a time, by Python's integers: its upper 53 bits.
TEST(Dataset, ACustomerIsTheSameEverywhere) {
    EXPECT_EQ(customer_of(""), 0);
    EXPECT_EQ(customer_of("7"), 3129188185089014);
    EXPECT_EQ(customer_of("customer"), 7034755982571245);
    EXPECT_EQ(customer_of("a8098c1a-f86e-11da-bd1a-00112444be1e"), 7927983102720636);
}

TEST(Dataset, KeepsAHashOfTheCustomer) {
    const Shape shape = shape_of({{"x", Kind::number}, {"y", Kind::number}, {"w", Kind::number}, {"id", Kind::number}},
                                 true, true, true);
    EXPECT_EQ(shape.features(), 1u);
    EXPECT_EQ(shape.label(), 1u);
    EXPECT_EQ(shape.weight(), 2u);
    EXPECT_EQ(shape.customer(), 3u);
    const auto with = [&shape](double customer) {
        Owned o;
        o.set.fit_shape(shape);
        add(o.set, {{number(1), number(0), number(1), number(customer)}, {Cell{}, number(1), number(2), Cell{}}});
        return flat(o.set);
    };
    for (const double customer : {customer_of("7"), 0.0, 0x1p53 - 1, 5.0}) {
        const std::vector<std::uint8_t> bytes = with(customer);
        check(bytes, Poll{});
        const View view(bytes);
        EXPECT_TRUE(view.shape().has_customer);
        EXPECT_EQ(view.features(), 1u);
        const std::vector<double> customers = view.column<double>(view.shape().customer(), Poll{});
        EXPECT_EQ(customers[0], customer);
        EXPECT_TRUE(is_missing(customers[1]));
        Owned again;
        again.set.merge(bytes, Poll{});
        EXPECT_EQ(flat(again.set), bytes);
    }
    for (const double customer : {-1.0, -0.0, 0.5, 0x1p53, 1e300})
        EXPECT_EQ(refusal([&] { check(with(customer), Poll{}); }), "22P03 invalid dataset A customer is no hash.");
}

TEST(Dataset, HasAtLeastOneFeatureAndAtMost1600Columns) {
    const auto of = [](std::size_t features, bool label) {
        Owned o;
        return refusal([&] { o.set.name_columns(features, label, false); }).substr(0, 44);
    };
    EXPECT_EQ(of(0, false), "22023 a dataset needs at least one feature T");
    EXPECT_EQ(of(0, true), "22023 a dataset needs at least one feature T");
    EXPECT_EQ(of(1, true), "");
    EXPECT_EQ(of(1599, true), "");
    EXPECT_EQ(of(1600, true), "54000 too many columns for a dataset There a");
    EXPECT_EQ(of(1'000'000'000'000, false), "54000 too many columns for a dataset There a");
}

TEST(Dataset, MemoryIsBounded) {
    const std::size_t limit = 1 << 20;
    Owned numbers(limit);
    numbers.set.fit_shape(shape_of({{"x", Kind::number}}));
    const auto fill = [&] {
        for (;;) add(numbers.set, {{number(0.1)}});
    };
    EXPECT_EQ(refusal(fill), "54000 dataset is too large It would take more than 1024 kB of memory.");
    // 8 bytes a row, besides the chunk that is being filled.
    EXPECT_NEAR(static_cast<double>(numbers.set.rows()), static_cast<double>(limit) / 8, 3 * chunk_rows);

    // Dictionaries count, also those that come with a merge.
    Owned words(limit), part;
    words.set.fit_shape(shape_of({{"x", Kind::category}}));
    part.set.fit_shape(shape_of({{"x", Kind::category}}));
    EXPECT_NE(refusal([&] {
                  for (int i = 0; i < 1000; ++i) add(words.set, {{text(std::string(4000, 'x') + std::to_string(i))}});
              }),
              "");
    for (int i = 0; i < 1000; ++i) add(part.set, {{text(std::string(4000, 'x') + std::to_string(i))}});
    Owned into(limit);
    EXPECT_NE(refusal([&] { into.set.merge(flat(part.set), Poll{}); }), "");
}

// Whoever changes a byte, cuts the end off or adds to it is told, or has made another dataset.
TEST(Dataset, HostileBytesAreRefused) {
    Owned o;
    auto columns = mixed;
    columns.emplace_back("customer_id", Kind::number);
    o.set.fit_shape(shape_of(columns, true, false, true));
    Table table = random_table(9, 40, 3);
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i].push_back(i % 7 == 0 ? Cell{} : number(customer_of(std::to_string(i % 9))));
    add(o.set, table);
    const std::vector<std::uint8_t> good = flat(o.set);
    int refused = 0;
    const auto attempt = [&](const std::vector<std::uint8_t> &bytes) {
        if (refusal([&] { check(bytes, Poll{}); }).empty()) {
            Owned again;
            again.set.merge(bytes, Poll{});
            EXPECT_EQ(flat(again.set), bytes);
        } else
            ++refused;
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
        attempt({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)});
        EXPECT_EQ(refused, static_cast<int>(i) + 1) << "a prefix is no dataset";
    }
    auto longer = good;
    longer.push_back(0);
    EXPECT_NE(refusal([&] { check(longer, Poll{}); }), "");
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = good;
            changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1 << bit));
            attempt(changed);
        }
}

TEST(Dataset, StatisticsAreThoseOfTheDefinition) {
    // The classic that one pass gets wrong: deviations -6, -3, 3, 6, squares 90, over 3.
    for (const double shift : {0.0, 1e9, -1e9}) {
        const ColumnStatistics s = of_numbers({shift + 4, shift + 7, shift + 13, shift + 16});
        EXPECT_EQ(s.mean, shift + 10);
        EXPECT_EQ(s.sd, std::sqrt(30.0));
        EXPECT_EQ(s.min, shift + 4);
        EXPECT_EQ(s.max, shift + 16);
        EXPECT_EQ(s.distinct, 4u);
    }
    // Equal values do not vary, even where their sum is rounded.
    for (const int n : {2, 3, 7, 49, 3000})
        for (const double v : {0.1, 1.0 / 3, 1e300, DBL_MAX, DBL_TRUE_MIN, 0.0}) {
            const ColumnStatistics s = of_numbers(std::vector<double>(static_cast<std::size_t>(n), v));
            EXPECT_EQ(s.mean, v) << n << " " << v;
            EXPECT_EQ(s.sd, 0) << n << " " << v;
            EXPECT_EQ(s.distinct, 1u);
        }
    // Far from 1 too: 1, 2, 4, 5 have deviations 2, 1, 1, 2 and variance 10 / 3.
    for (const int exponent : {-1000, -600, 600, 1000}) {
        const double unit = std::ldexp(1, exponent);
        const ColumnStatistics s = of_numbers({unit, 2 * unit, 4 * unit, 5 * unit});
        EXPECT_EQ(s.mean, 3 * unit);
        EXPECT_DOUBLE_EQ(*s.sd, std::sqrt(10.0 / 3) * unit);
    }
    // -max and max: the deviation of a sample of two is max * sqrt(2), beyond a double.
    EXPECT_FALSE(of_numbers({-DBL_MAX, DBL_MAX}).sd);
    EXPECT_EQ(of_numbers({-DBL_MAX, DBL_MAX}).mean, 0);
    EXPECT_FALSE(of_numbers({5}).sd);
    EXPECT_FALSE(of_numbers({}).mean);
    EXPECT_EQ(of_numbers({}).n, 0u);
}

TEST(Dataset, TheMostFrequentValuesComeFirst) {
    // Value v stands v times, and of equally frequent ones the smaller comes first.
    std::vector<double> values;
    for (int v = 1; v <= 1000; ++v) values.insert(values.end(), static_cast<std::size_t>(v % 500 + 1), v);
    const ColumnStatistics s = of_numbers(values);
    ASSERT_EQ(s.top.size(), top_values);
    EXPECT_EQ(s.distinct, 1000u);
    const double expected[] = {499, 999, 498, 998, 497};
    for (std::size_t i = 0; i < top_values; ++i) {
        EXPECT_EQ(s.top[i].value, expected[i]);
        EXPECT_EQ(s.top[i].rows, static_cast<std::uint64_t>(500 - i / 2));
    }

    Owned o;
    o.set.fit_shape(shape_of({{"x", Kind::category}}));
    for (const char *v : {"b", "a", "c", "a", "b", "", "d", "e"}) add(o.set, {{text(v)}});
    add(o.set, {{Cell{}}});
    const View view(o.set);
    const ColumnStatistics c = statistics(view, 0, Poll{});
    EXPECT_EQ(c.n, 8u);
    EXPECT_EQ(c.missing, 1u);
    EXPECT_EQ(c.distinct, 6u);
    EXPECT_FALSE(c.mean);
    std::string order;
    for (const ValueCount &v : c.top)
        order += std::string(view.shape().columns[0].levels[static_cast<std::uint32_t>(v.value)]) + ",";
    EXPECT_EQ(order, "a,b,,c,d,");
}

TEST(Dataset, DictionariesTellAllTextsApart) {
    Levels levels(memory());
    for (int round = 0; round < 2; ++round)
        for (std::uint32_t i = 0; i < 100000; ++i) ASSERT_EQ(levels.add(std::to_string(i * 7919u)), i + 1);
    EXPECT_EQ(levels.size(), 100000u);
    EXPECT_EQ(levels.find("7919"), 2u);
    EXPECT_EQ(levels.find("7918"), 0u);
    EXPECT_EQ(levels.find(""), 0u);
    EXPECT_EQ(levels.add(""), 100001u);
    EXPECT_EQ(levels[100001], "");
    EXPECT_EQ(Levels(memory()).find("x"), 0u);
}
