#include "segment/lorenz.hpp"
#include <string>

namespace cd::segment {

using math::Sum, math::Tally;

static constexpr std::uint8_t version = 1;

void check_points(int points) {
    if (points < min_points || points > max_points)
        throw Error(sqlstate::invalid_parameter, "points must be between 1 and 10000",
                    "points is " + std::to_string(points) + ".", "100 points are the percentiles.");
}

void check_top(double population_share) {
    if (!(population_share >= 0 && population_share <= 1))
        throw Error(sqlstate::invalid_parameter, "population_share must be between 0 and 1",
                    "population_share is " + digits(population_share) + ".", "The top fifth is 0.2.");
}

void Lorenz::grow(std::uint64_t &total, std::uint64_t more) {
    if (more > INT64_MAX - total) throw Error(sqlstate::out_of_range, "number of values is out of range");
    total += more;
}

void Lorenz::add(double value) {
    check_value(value);
    grow(size_, 1);
    values_.add(value + 0.0); // -0.0 becomes 0
    count_if_many();
}

void Lorenz::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size("lorenz_summary", flat.size(), limit_); // the sum is no smaller
    Reader in(flat, "lorenz_summary");
    in.version(version);
    const std::uint64_t size = in.varint(INT64_MAX);
    grow(size_, size);
    grow(skipped_, in.varint(INT64_MAX));
    values_.merge(in, size, 0);
    count_if_many();
    in.end();
}

void Lorenz::count_if_many() {
    if (values_.many()) count();
}

void Lorenz::count() const {
    values_.count();
    check_size();
}

void Lorenz::check_size() const {
    if (const std::size_t size = flat_size(); size > limit_) refuse_size("lorenz_summary", size, limit_);
}

std::size_t Lorenz::flat_size() const { return 1 + varint_size(size_) + varint_size(skipped_) + values_.flat_size(); }

std::uint8_t *Lorenz::flatten(std::uint8_t *to) const {
    *to++ = version;
    return values_.flatten(put_varint(put_varint(to, size_), skipped_));
}

bool Lorenz::defined() const {
    count();
    return size_ > 0 && values_.counted().back().value > 0;
}

Lorenz::Walk::Walk(const Lorenz &of) : tallies_(of.values_.counted()), poll_(of.poll_), scaled_(tallies_.back().value) {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        poll_.every(i);
        total_.add(scaled_(tallies_[i].value, static_cast<double>(tallies_[i].count)));
    }
}

double Lorenz::Walk::share(std::uint64_t position, double fraction) {
    while (next_ < tallies_.size() && tallies_[next_].count <= position - passed_) {
        poll_.every(next_);
        below_.add(scaled_(tallies_[next_].value, static_cast<double>(tallies_[next_].count)));
        passed_ += tallies_[next_++].count;
    }
    Sum sum = below_;
    if (next_ < tallies_.size())
        sum.add(scaled_(tallies_[next_].value, static_cast<double>(position - passed_) + fraction));
    return sum.high / total_.high;
}

double Lorenz::gini() const {
    const Walk walk(*this);
    const auto n = static_cast<double>(size_);
    Sum sum;
    double below = 0;
    const std::span<const Tally> tallies = values_.counted();
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        poll_.every(i);
        // Equal values at the positions below + 1 ... below + c: their factors add up to c (2 below + c - n).
        const auto c = static_cast<double>(tallies[i].count);
        sum.add(walk.scaled()(tallies[i].value, c).times({2 * below + c - n, 0}));
        below += c;
    }
    return std::max(0.0, sum.high / walk.total().high / n);
}

double Lorenz::top_share(double population_share) const {
    const auto n = static_cast<double>(size_);
    const double position = std::clamp(n - population_share * n, 0.0, n), whole = std::floor(position);
    return 1 - Walk(*this).share(std::min(size_, static_cast<std::uint64_t>(whole)), position - whole);
}

} // namespace cd::segment
