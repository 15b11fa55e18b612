#include "rfm/rfm_summary.hpp"
#include "rfm/cuts.hpp"
#include <cmath>

namespace cd::rfm {

static constexpr std::uint8_t summary_version = 1;
static constexpr std::size_t min_fresh = 1 << 14;

Summary::Summary(std::pmr::memory_resource *memory, std::size_t limit)
    : limit_(limit), values_{Values{std::pmr::vector<double>(memory), std::pmr::vector<Tally>(memory)},
                             Values{std::pmr::vector<double>(memory), std::pmr::vector<Tally>(memory)},
                             Values{std::pmr::vector<double>(memory), std::pmr::vector<Tally>(memory)}} {}

void Summary::add(double recency_days, double frequency_value, double monetary_value) {
    const double row[dimensions] = {recency_days, frequency_value, monetary_value};
    for (int d = 0; d < dimensions; ++d) check_value(static_cast<Dimension>(d), row[d]);
    std::size_t most = min_fresh;
    for (std::size_t d = 0; d < dimensions; ++d) {
        values_[d].fresh.push_back(row[d] + 0.0); // -0.0 becomes 0
        most = std::max(most, values_[d].tallies.size() / 2);
    }
    ++customers_;
    if (values_[0].fresh.size() >= most) count();
}

void Summary::add_tallies(Values &values, const std::vector<Tally> &more) const {
    std::pmr::vector<Tally> merged(values.tallies.get_allocator());
    merged.reserve(values.tallies.size() + more.size());
    auto a = values.tallies.begin();
    for (const Tally &b : more) {
        while (a != values.tallies.end() && a->value < b.value) merged.push_back(*a++);
        if (a != values.tallies.end() && a->value == b.value)
            merged.push_back({b.value, a++->count + b.count});
        else
            merged.push_back(b);
    }
    merged.insert(merged.end(), a, values.tallies.end());
    values.tallies = std::move(merged);
}

void Summary::count() const {
    for (Values &values : values_) {
        if (values.fresh.empty()) continue;
        std::sort(values.fresh.begin(), values.fresh.end());
        std::vector<Tally> more;
        for (const double v : values.fresh) {
            if (more.empty() || more.back().value != v) more.push_back({v, 0});
            ++more.back().count;
        }
        values.fresh.clear();
        add_tallies(values, more);
    }
    if (const std::size_t size = flat_size(); size > limit_) refuse_size("rfm_summary", size, limit_);
}

void Summary::merge(Bytes flat, Poll poll) {
    Reader in(flat, "rfm_summary");
    in.version(summary_version);
    const std::uint64_t customers = in.varint(INT64_MAX), skipped = in.varint(INT64_MAX);
    count();
    for (Values &values : values_) {
        const std::uint64_t distinct = in.varint(customers);
        in.require(distinct <= in.left(), "It ends too early.");
        std::vector<Tally> more;
        more.reserve(distinct);
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < distinct; ++i) {
            poll.every(i);
            const auto value = in.fixed<double>();
            in.require(std::isfinite(value) && !(value == 0 && std::signbit(value)), "A value is not finite.");
            in.require(more.empty() || value > more.back().value, "Values do not ascend.");
            more.push_back({value, in.varint(customers)});
            in.require(more.back().count > 0, "A count is zero.");
            sum += more.back().count;
            in.require(sum <= customers, "Counts do not add up.");
        }
        in.require(sum == customers, "Counts do not add up.");
        add_tallies(values, more);
    }
    in.end();
    customers_ += customers;
    skipped_ += skipped;
    if ((customers_ | skipped_) > INT64_MAX) throw Error(sqlstate::out_of_range, "number of customers is out of range");
    if (const std::size_t size = flat_size(); size > limit_) refuse_size("rfm_summary", size, limit_);
}

namespace {

class CountedSample {
  public:
    CountedSample(std::span<const Tally> tallies) : tallies_(tallies) {
        std::int64_t sum = 0;
        for (const Tally &t : tallies) ends_.push_back(sum += static_cast<std::int64_t>(t.count));
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
        result.cuts[d] = cuts_of_sample(CountedSample(values_[d].tallies), static_cast<Dimension>(d), bins, method);
    return result;
}

std::size_t Summary::flat_size() const {
    std::size_t size = 1 + varint_size(customers_) + varint_size(skipped_);
    for (const Values &values : values_) {
        size += varint_size(values.tallies.size()) + sizeof(double) * values.tallies.size();
        for (const Tally &t : values.tallies) size += varint_size(t.count);
    }
    return size;
}

std::uint8_t *Summary::flatten(std::uint8_t *to) const {
    *to++ = summary_version;
    to = put_varint(put_varint(to, customers_), skipped_);
    for (const Values &values : values_) {
        to = put_varint(to, values.tallies.size());
        for (const Tally &t : values.tallies) to = put_varint(put_fixed(to, t.value), t.count);
    }
    return to;
}

} // namespace cd::rfm
