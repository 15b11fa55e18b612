#include "rfm/rfm_summary.hpp"
#include "rfm/cuts.hpp"
#include <cmath>

namespace cd::rfm {

static constexpr std::uint8_t summary_version = 1;
static constexpr std::size_t min_fresh = 1 << 14;

Summary::Summary(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
    : limit_(limit), poll_(poll), values_{Values(memory), Values(memory), Values(memory)} {}

void Summary::grow(std::uint64_t &total, std::uint64_t more) {
    if (more > INT64_MAX - total) throw Error(sqlstate::out_of_range, "number of customers is out of range");
    total += more;
}

void Summary::add(double recency_days, double frequency_value, double monetary_value) {
    const double row[dimensions] = {recency_days, frequency_value, monetary_value};
    for (int d = 0; d < dimensions; ++d) check_value(static_cast<Dimension>(d), row[d]);
    grow(customers_, 1);
    for (std::size_t d = 0; d < dimensions; ++d) {
        values_[d].fresh.push_back({row[d] + 0.0, 1}); // -0.0 becomes 0
        count_if_many(values_[d]);
    }
}

void Summary::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size("rfm_summary", flat.size(), limit_); // the sum is no smaller
    Reader in(flat, "rfm_summary");
    in.version(summary_version);
    const std::uint64_t customers = in.varint(INT64_MAX);
    grow(customers_, customers);
    grow(skipped_, in.varint(INT64_MAX));
    for (Values &values : values_) {
        const std::uint64_t distinct = in.varint(customers);
        in.require(distinct <= in.left(), "It ends too early.");
        if (values.fresh.empty()) values.fresh.reserve(distinct);
        std::uint64_t sum = 0;
        double before = 0;
        for (std::uint64_t i = 0; i < distinct; ++i) {
            poll_.every(i);
            const auto value = in.fixed<double>();
            in.require(std::isfinite(value) && !(value == 0 && std::signbit(value)), "A value is not finite.");
            in.require(i == 0 || value > before, "Values do not ascend.");
            const std::uint64_t count = in.varint(customers);
            in.require(count > 0, "A count is zero.");
            in.require(count <= customers - sum, "Counts do not add up.");
            values.fresh.push_back({before = value, count});
            sum += count;
        }
        in.require(sum == customers, "Counts do not add up.");
        count_if_many(values);
    }
    in.end();
}

// So that a tally is moved a bounded number of times, however few come at once.
void Summary::count_if_many(Values &values) const {
    if (values.fresh.size() < std::max(min_fresh, values.tallies.size() / 2)) return;
    count(values);
    check_size();
}

void Summary::count() const {
    for (Values &values : values_) count(values);
    check_size();
}

void Summary::count(Values &values) const {
    auto &[fresh, tallies, bytes] = values;
    if (fresh.empty()) return;
    const auto by_value = [](const Tally &a, const Tally &b) { return a.value < b.value; };
    polled(fresh.size(), poll_, by_value, [&fresh = fresh](auto less) {
        if (!std::is_sorted(fresh.begin(), fresh.end(), less)) std::sort(fresh.begin(), fresh.end(), less);
    });

    std::size_t distinct = 0;
    for (std::size_t i = 1; i < fresh.size(); ++i) {
        poll_.every(i);
        if (fresh[i].value == fresh[distinct].value)
            fresh[distinct].count += fresh[i].count;
        else
            fresh[++distinct] = fresh[i];
    }
    fresh.resize(distinct + 1);

    std::pmr::vector<Tally> merged(tallies.get_allocator());
    merged.reserve(tallies.size() + fresh.size());
    bytes = 0;
    for (auto a = tallies.begin(), b = fresh.begin(); a != tallies.end() || b != fresh.end();) {
        poll_.every(merged.size());
        if (b == fresh.end() || (a != tallies.end() && a->value < b->value))
            merged.push_back(*a++);
        else if (a == tallies.end() || b->value < a->value)
            merged.push_back(*b++);
        else
            merged.push_back({a->value, a++->count + b++->count});
        bytes += sizeof(double) + varint_size(merged.back().count);
    }
    tallies = std::move(merged);
    fresh.clear();
}

void Summary::check_size() const {
    if (const std::size_t size = flat_size(); size > limit_) refuse_size("rfm_summary", size, limit_);
}

namespace {

class CountedSample {
  public:
    CountedSample(std::span<const Tally> tallies, Poll poll) : tallies_(tallies) {
        ends_.reserve(tallies.size());
        std::int64_t sum = 0;
        for (const Tally &t : tallies) {
            poll.every(ends_.size());
            ends_.push_back(sum += static_cast<std::int64_t>(t.count));
        }
    }
    std::int64_t size() const { return ends_.back(); }
    double at(std::int64_t position) const {
        return tallies_[static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), position) -
                                                 ends_.begin())]
            .value;
    }
    Rank rank(double value) const {
        const std::size_t i = index(value);
        const auto equal = static_cast<std::int64_t>(tallies_[i].count);
        return {ends_[i] - equal, equal};
    }
    double next(double value) const {
        const std::size_t i = index(value) + 1;
        return i < tallies_.size() ? tallies_[i].value : just_above(value);
    }

  private:
    // Of a value of the sample.
    std::size_t index(double value) const {
        return static_cast<std::size_t>(std::lower_bound(tallies_.begin(), tallies_.end(), value,
                                                         [](const Tally &t, double v) { return t.value < v; }) -
                                        tallies_.begin());
    }
    std::span<const Tally> tallies_;
    std::vector<std::int64_t> ends_;
};

} // namespace

Bins Summary::bins(int bins, Method method) const {
    count();
    Bins result;
    for (std::size_t d = 0; d < dimensions; ++d)
        result.cuts[d] =
            cuts_of_sample(CountedSample(values_[d].tallies, poll_), static_cast<Dimension>(d), bins, method);
    return result;
}

std::size_t Summary::flat_size() const {
    std::size_t size = 1 + varint_size(customers_) + varint_size(skipped_);
    for (const Values &values : values_) size += varint_size(values.tallies.size()) + values.bytes;
    return size;
}

std::uint8_t *Summary::flatten(std::uint8_t *to) const {
    *to++ = summary_version;
    to = put_varint(put_varint(to, customers_), skipped_);
    for (const Values &values : values_) {
        to = put_varint(to, values.tallies.size());
        for (std::size_t i = 0; i < values.tallies.size(); ++i) {
            poll_.every(i);
            to = put_varint(put_fixed(to, values.tallies[i].value), values.tallies[i].count);
        }
    }
    return to;
}

} // namespace cd::rfm
