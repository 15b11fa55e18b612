// Segments in SQL: rfm_segment, the rule sets, and the table and summary of a whole book.
#include "pg/store.hpp"
#include "pg/time.hpp"
#include "purchase/purchase_book_sql.hpp"
#include "rfm/rfm_segment.hpp"
#include "rfm/rfm_sql.hpp"
#include <map>
extern "C" {
#include "utils/typcache.h"
}

namespace cd::rfm {
namespace {

[[noreturn]] void refuse_rules(std::string_view name, bool set_up) {
    throw Error(
        sqlstate::undefined_object, "rule set \"" + std::string(name) + "\" does not exist",
        set_up ? std::string("Shipped are ") + shipped_names +
                     "; customer_store.rfm_segment_rule has no rows of that name."
               : std::string("Shipped are ") + shipped_names + "; customer_store.rfm_segment_rule has not been made.",
        set_up ? "Insert its rules into customer_store.rfm_segment_rule."
               : "Run SELECT customer_data.rfm_setup(), and insert its rules into customer_store.rfm_segment_rule.");
}

// A rule set by name: in code, or rows that the caller may read.
Rules rules_named(std::string_view name) {
    Rules rules;
    if (shipped_rules(name, rules)) return rules;
    const Oid owner = pg::readable_by_caller("rfm_segment_rule");
    if (!OidIsValid(owner)) refuse_rules(name, false);
    pg::check_shape("rfm", 1);
    const pg::AsUser as_owner(owner);
    pg::Query query;
    query.read("SELECT segment::pg_catalog.text, recency_low::pg_catalog.int2, recency_high::pg_catalog.int2, "
               "frequency_low::pg_catalog.int2, frequency_high::pg_catalog.int2, "
               "monetary_low::pg_catalog.int2, monetary_high::pg_catalog.int2 "
               "FROM customer_store.rfm_segment_rule WHERE rules::pg_catalog.text OPERATOR(pg_catalog.=) $1 "
               "ORDER BY rule_number::pg_catalog.int4",
               name);
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        const auto n = [&](int column) { return query.smallint(i, column); };
        rules.push_back({query.text(i, 1), {n(2), n(4), n(6)}, {n(3), n(5), n(7)}});
    }
    if (rules.empty()) refuse_rules(name, true);
    return rules;
}

// The names of a rule set as values, the fallback last.
struct SegmentDatums {
    std::vector<Datum> names;
    explicit SegmentDatums(const Rules &rules) {
        const auto add = [this](const std::string &name) {
            names.push_back(0);
            Datum &datum = names.back();
            pg::call([&datum, &name] { datum = pg::text_datum(name); });
        };
        for (const Rule &rule : rules) add(rule.segment);
        add(no_segment);
    }
};

// The segment of every score by one set of rules. A user's own rules are read again for every command, since a function
// call may outlive a statement (plpgsql keeps its expressions for the session), and in every subtransaction, since what
// an aborted one read may never have been.
struct CachedSegments {
    MemoryContext context; // of all that is here
    std::string_view name;
    bool shipped;
    TimestampTz statement;
    CommandId command;
    SubTransactionId subtransaction;
    Datum of[all_scores];

    bool serves(std::string_view asked) const {
        return name == asked &&
               (shipped || (statement == GetCurrentStatementStartTimestamp() && command == GetCurrentCommandId(false) &&
                            subtransaction == GetCurrentSubTransactionId()));
    }
};
// A query seldom names more sets than this.
struct SegmentsCache {
    CachedSegments *sets[8];
    unsigned oldest;
};

void fill(CachedSegments &cache) {
    Rules rules;
    cache.shipped = shipped_rules(cache.name, rules);
    if (!cache.shipped) rules = rules_named(cache.name);
    const Segments segments(rules);
    const SegmentDatums datums(rules);
    each_score([&](Score s) { cache.of[score_index(s)] = datums.names[segments.rule(s)]; });
}

CachedSegments *read_segments(MemoryContext parent, std::string_view name) {
    MemoryContext const context = AllocSetContextCreate(parent, "rfm_segment", ALLOCSET_SMALL_SIZES);
    MemoryContext const previous = MemoryContextSwitchTo(context);
    auto *const cache = new (palloc(sizeof(CachedSegments))) CachedSegments{};
    cache->context = context;
    cache->name = {pnstrdup(name.data(), name.size()), name.size()};
    cache->statement = GetCurrentStatementStartTimestamp();
    cache->command = GetCurrentCommandId(false);
    cache->subtransaction = GetCurrentSubTransactionId();
    fill(*cache);
    MemoryContextSwitchTo(previous);
    return cache;
}

const CachedSegments &cached_segments(FunctionCallInfo fcinfo, std::string_view name) {
    FmgrInfo *const function = fcinfo->flinfo;
    if (!function->fn_extra) function->fn_extra = MemoryContextAllocZero(function->fn_mcxt, sizeof(SegmentsCache));
    auto &cache = *static_cast<SegmentsCache *>(function->fn_extra);
    CachedSegments **place = nullptr;
    for (CachedSegments *&set : cache.sets) {
        if (set && set->serves(name)) return *set;
        if (!place && (!set || set->name == name)) place = &set;
    }
    if (!place) place = &cache.sets[cache.oldest++ % std::size(cache.sets)];
    if (*place) {
        MemoryContextDelete((*place)->context);
        *place = nullptr;
    }
    *place = read_segments(function->fn_mcxt, name);
    return **place;
}

// The parts of an rfm_score. False if one is NULL.
bool score_arg(FunctionCallInfo fcinfo, Score &score) {
    HeapTupleHeader const row = DatumGetHeapTupleHeader(fcinfo->args[0].value);
    TupleDesc const description = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
    HeapTupleData tuple;
    tuple.t_len = HeapTupleHeaderGetDatumLength(row);
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_tableOid = InvalidOid;
    tuple.t_data = row;
    Datum values[4];
    bool nulls[4];
    heap_deform_tuple(&tuple, description, values, nulls);
    ReleaseTupleDesc(description);
    if (nulls[0] || nulls[1] || nulls[2]) return false;
    score = {DatumGetInt16(values[0]), DatumGetInt16(values[1]), DatumGetInt16(values[2])};
    const auto fits = [](int v) { return v >= 1 && v <= segment_bins; };
    const std::string_view code = nulls[3] ? std::string_view() : pg::text_arg(values[3]);
    if (!fits(score.recency) || !fits(score.frequency) || !fits(score.monetary) || code.find('-') != code.npos)
        refuse_bins("The score is " + std::to_string(score.recency) + "-" + std::to_string(score.frequency) + "-" +
                    std::to_string(score.monetary) + (code.find('-') != code.npos ? " of more than 9 bins." : "."));
    return true;
}

Datum segment_of(FunctionCallInfo fcinfo, std::string_view rules) {
    Score score;
    if (!score_arg(fcinfo, score)) PG_RETURN_NULL();
    return cached_segments(fcinfo, rules).of[score_index(score)];
}

// The values of a book's customers, and their scores.
struct ScoredBook {
    std::vector<double> of[dimensions]; // of customers who have a purchase
    Bins cuts;
    Score score(std::size_t i) const { return cuts.score(of[recency][i], of[frequency][i], of[monetary][i]); }

    template <class Key> ScoredBook(const purchase::BookArg<Key> &book, purchase::Day as_of, int bins, Method method) {
        for (auto &column : of) column.reserve(book.customers());
        book.each([&](const auto &, const purchase::Figures &f, const std::uint8_t *) {
            if (f.purchases == 0) return;
            of[recency].push_back(static_cast<double>(f.recency_days(as_of)));
            of[frequency].push_back(static_cast<double>(f.purchases));
            of[monetary].push_back(f.revenue());
        });
        if (of[recency].empty()) return;
        std::vector<double> scratch;
        for (int d = 0; d < dimensions; ++d) {
            scratch = of[d];
            cuts.cuts[static_cast<std::size_t>(d)] =
                cuts_of(scratch, static_cast<Dimension>(d), bins, method, pg::interrupts);
        }
    }
};

// The arguments (book, as_of, bins, method, ...) that both functions share.
template <class Time> struct Options {
    purchase::Day as_of;
    int bins;
    Method method;
    explicit Options(FunctionCallInfo fcinfo)
        : as_of(Time::day(fcinfo->args[1].value)), bins(DatumGetInt32(fcinfo->args[2].value)),
          method(method_named(pg::text_arg(fcinfo->args[3].value))) {
        check_bins(bins);
    }
};

template <class Key, class Time> Datum table(FunctionCallInfo fcinfo) {
    const purchase::BookArg<Key> book(fcinfo->args[0].value);
    const Options<Time> options(fcinfo);
    pg::ResultRows result(fcinfo);
    const ScoredBook scored(book, options.as_of, options.bins, options.method);
    Rules rules;
    shipped_rules("classic", rules);
    const Segments segments(rules);
    const SegmentDatums names(rules);
    purchase::KeyDatum<Key> id_datum;
    // The code as a text value, built in place for each row.
    struct {
        std::int32_t header;
        char text[sizeof(Code::text)];
    } code_text;
    std::size_t i = 0;
    book.each([&](const auto &id, const purchase::Figures &f, const std::uint8_t *) {
        enum { customer_id, recency_days, times, money, r, f_, m, code, segment, columns };
        Datum values[columns] = {};
        bool nulls[columns] = {};
        values[customer_id] = id_datum(id);
        values[times] = UInt64GetDatum(f.purchases);
        values[money] = Float8GetDatum(f.revenue());
        nulls[money] = f.empty();
        if (f.purchases > 0) {
            const Score s = scored.score(i++);
            const Code c = code_of(s, options.bins > 9);
            memcpy(code_text.text, c.text, c.size);
            SET_VARSIZE(&code_text, VARHDRSZ + c.size);
            values[recency_days] = Int32GetDatum(static_cast<std::int32_t>(f.recency_days(options.as_of)));
            values[r] = Int16GetDatum(s.recency);
            values[f_] = Int16GetDatum(s.frequency);
            values[m] = Int16GetDatum(s.monetary);
            values[code] = PointerGetDatum(&code_text);
            nulls[segment] = options.bins != segment_bins;
            if (!nulls[segment]) values[segment] = names.names[segments.rule(s)];
        } else {
            for (const int column : {recency_days, r, f_, m, code, segment}) nulls[column] = true;
        }
        result.add(values, nulls);
    });
    PG_RETURN_NULL();
}

struct Group {
    std::uint64_t customers = 0, purchases = 0;
    std::int64_t recency_days = 0;
    math::Sum revenue;
};

template <class Key, class Time> Datum summary(FunctionCallInfo fcinfo) {
    const purchase::BookArg<Key> book(fcinfo->args[0].value);
    const Options<Time> options(fcinfo);
    check_segment_bins(options.bins);
    const std::string_view rules_name = pg::text_arg(fcinfo->args[4].value);
    pg::ResultRows result(fcinfo);
    const Rules rules = rules_named(rules_name);
    const Segments segments(rules);
    const SegmentDatums names(rules);
    const ScoredBook scored(book, options.as_of, options.bins, options.method);
    // One group per name, where it first stands in the rules; then the fallback; then customers without a score.
    std::vector<Group> groups(rules.size() + 2);
    std::vector<std::size_t> group_of_rule;
    std::map<std::string_view, std::size_t> group_named;
    for (std::size_t r = 0; r < rules.size(); ++r)
        group_of_rule.push_back(group_named.try_emplace(rules[r].segment, r).first->second);
    group_of_rule.push_back(group_named.try_emplace(no_segment, rules.size()).first->second);
    std::size_t i = 0;
    book.each([&](const auto &, const purchase::Figures &f, const std::uint8_t *) {
        const bool has_score = f.purchases > 0;
        Group &group = groups[has_score ? group_of_rule[segments.rule(scored.score(i++))] : rules.size() + 1];
        ++group.customers;
        group.purchases += f.purchases;
        group.revenue.add(f.gross.minus(f.refunded));
        if (has_score) group.recency_days += f.recency_days(options.as_of);
    });
    std::uint64_t customers = 0;
    math::Sum all_revenue;
    for (const Group &group : groups) {
        customers += group.customers;
        all_revenue.add(group.revenue);
    }
    if (!all_revenue.finite()) purchase::refuse_sum();
    const double revenue = all_revenue.value();
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const Group &group = groups[g];
        if (group.customers == 0) continue;
        const bool has_score = g < rules.size() + 1;
        const auto n = static_cast<double>(group.customers);
        Datum values[] = {has_score ? names.names[g] : Datum{0},
                          UInt64GetDatum(group.customers),
                          Float8GetDatum(n / static_cast<double>(customers)),
                          Float8GetDatum(group.revenue.value()),
                          Float8GetDatum(revenue == 0 ? 0 : group.revenue.value() / revenue),
                          Float8GetDatum(static_cast<double>(group.recency_days) / n),
                          Float8GetDatum(static_cast<double>(group.purchases) / n),
                          Float8GetDatum(group.revenue.value() / n)};
        bool nulls[] = {!has_score, false, false, false, revenue == 0, !has_score, false, false};
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::rfm

using namespace cd::rfm;

CD_FUNCTION(cd_rfm_segment) { return segment_of(fcinfo, "classic"); }
CD_FUNCTION(cd_rfm_segment_rules) { return segment_of(fcinfo, cd::pg::text_arg(fcinfo->args[1].value)); }

CD_FUNCTION(cd_rfm_segment_rules_rows) {
    const std::string_view name = cd::pg::text_arg(fcinfo->args[0].value);
    cd::pg::ResultRows result(fcinfo);
    const Rules rules = rules_named(name);
    const SegmentDatums names(rules);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Rule &rule = rules[i];
        Datum values[] = {Int32GetDatum(static_cast<std::int32_t>(i) + 1),
                          names.names[i],
                          Int16GetDatum(rule.low.recency),
                          Int16GetDatum(rule.high.recency),
                          Int16GetDatum(rule.low.frequency),
                          Int16GetDatum(rule.high.frequency),
                          Int16GetDatum(rule.low.monetary),
                          Int16GetDatum(rule.high.monetary)};
        bool nulls[8] = {};
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

#define CD_BOOK_RFM(name, Key)                                                                                         \
    CD_DEFINE(cd_rfm_table_##name##_timestamptz, table<Key, cd::pg::TimestamptzArg>)                                   \
    CD_DEFINE(cd_rfm_table_##name##_date, table<Key, cd::pg::DateArg>)                                                 \
    CD_DEFINE(cd_rfm_segment_summary_##name##_timestamptz, summary<Key, cd::pg::TimestamptzArg>)                       \
    CD_DEFINE(cd_rfm_segment_summary_##name##_date, summary<Key, cd::pg::DateArg>)

CD_BOOK_RFM(purchase_book, cd::purchase::BigintKey)
CD_BOOK_RFM(purchase_book_uuid, cd::purchase::UuidKey)
CD_BOOK_RFM(purchase_book_text, cd::purchase::TextKey)
