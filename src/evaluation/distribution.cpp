#include "evaluation/distribution.hpp"
#include <cmath>

namespace cd::evaluation {

static constexpr std::uint8_t version = 1;

std::uint64_t size(Sample sample, Poll poll) {
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        poll.every(i);
        rows += sample[i].count;
    }
    return rows;
}

template <std::size_t Groups> void Distributions<Groups>::grow(std::uint64_t &part, std::uint64_t more) {
    if (more > INT64_MAX - total_) throw Error(sqlstate::out_of_range, "number of rows is out of range");
    total_ += more;
    part += more;
}

template <std::size_t Groups> void Distributions<Groups>::add(std::size_t group, double value) {
    if (!std::isfinite(value)) [[unlikely]]
        throw Error(sqlstate::invalid_parameter,
                    Groups == 1 ? "a value must be a finite number" : "a score must be a finite number",
                    "It is " + digits(value) + ".", "Use NULL for an unknown one; such rows are skipped and counted.");
    grow(sizes_[group], 1);
    values_[group].add(value + 0.0); // -0.0 becomes 0
    if (values_[group].many()) count(group);
}

template <std::size_t Groups> void Distributions<Groups>::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size(type_, flat.size(), limit_); // the sum is no smaller
    Reader in(flat, type_);
    in.version(version);
    grow(skipped_, in.varint(INT64_MAX));
    for (std::size_t group = 0; group < Groups; ++group) {
        const std::uint64_t size = in.varint(INT64_MAX);
        grow(sizes_[group], size);
        values_[group].merge(in, size);
        if (values_[group].many()) count(group);
    }
    in.end();
}

template <std::size_t Groups> void Distributions<Groups>::count(std::size_t group) const {
    values_[group].count();
    if (const std::size_t size = flat_size(); size > limit_) refuse_size(type_, size, limit_);
}

template <std::size_t Groups> void Distributions<Groups>::count() const {
    for (std::size_t group = 0; group < Groups; ++group) count(group);
}

template <std::size_t Groups> std::size_t Distributions<Groups>::flat_size() const {
    std::size_t size = 1 + varint_size(skipped_);
    for (std::size_t group = 0; group < Groups; ++group)
        size += varint_size(sizes_[group]) + values_[group].flat_size();
    return size;
}

template <std::size_t Groups> std::uint8_t *Distributions<Groups>::flatten(std::uint8_t *to) const {
    *to++ = version;
    to = put_varint(to, skipped_);
    for (std::size_t group = 0; group < Groups; ++group) to = values_[group].flatten(put_varint(to, sizes_[group]));
    return to;
}

template class Distributions<1>;
template class Distributions<2>;

} // namespace cd::evaluation
