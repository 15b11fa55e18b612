#include "rfm/rfm_summary.hpp"
#include "rfm/cuts.hpp"

namespace cd::rfm {

static constexpr std::uint8_t summary_version = 1;

Summary::Summary(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
    : limit_(limit),
      poll_(poll), values_{math::Tallies(memory, poll), math::Tallies(memory, poll), math::Tallies(memory, poll)} {}

void Summary::grow(std::uint64_t &total, std::uint64_t more) {
    if (more > INT64_MAX - total) throw Error(sqlstate::out_of_range, "number of customers is out of range");
    total += more;
}

void Summary::add(double recency_days, double frequency_value, double monetary_value) {
    const double row[dimensions] = {recency_days, frequency_value, monetary_value};
    for (int d = 0; d < dimensions; ++d) check_value(static_cast<Dimension>(d), row[d]);
    grow(customers_, 1);
    for (std::size_t d = 0; d < dimensions; ++d) {
        values_[d].add(row[d] + 0.0); // -0.0 becomes 0
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
    for (math::Tallies &values : values_) {
        values.merge(in, customers);
        count_if_many(values);
    }
    in.end();
}

void Summary::count_if_many(math::Tallies &values) const {
    if (!values.many()) return;
    values.count();
    check_size();
}

void Summary::count() const {
    for (math::Tallies &values : values_) values.count();
    check_size();
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
            cuts_of_sample(CountedSample(values_[d].counted(), poll_), static_cast<Dimension>(d), bins, method);
    return result;
}

std::size_t Summary::flat_size() const {
    std::size_t size = 1 + varint_size(customers_) + varint_size(skipped_);
    for (const math::Tallies &values : values_) size += values.flat_size();
    return size;
}

std::uint8_t *Summary::flatten(std::uint8_t *to) const {
    *to++ = summary_version;
    to = put_varint(put_varint(to, customers_), skipped_);
    for (const math::Tallies &values : values_) to = values.flatten(to);
    return to;
}

} // namespace cd::rfm
