#include "rfm/rfm.hpp"
#include "rfm/cuts.hpp"
#include <charconv>

namespace cd::rfm {

Method method_named(std::string_view name) {
    if (name == "dense") return Method::dense;
    if (name == "quantile") return Method::quantile;
    throw Error(sqlstate::invalid_parameter, "unknown method of RFM scoring",
                "method is \"" + std::string(name) + "\".",
                "Use 'dense' (equal values score the same) or 'quantile' (as the R package rfm).");
}

void check_bins(int bins) {
    if (bins < min_bins || bins > max_bins)
        throw Error(sqlstate::invalid_parameter, "bins must be between 2 and 100",
                    "bins is " + std::to_string(bins) + ".", "The usual number is 5.");
}

void refuse_value(Dimension d, double value) {
    constexpr const char *arguments[dimensions] = {"recency_days", "frequency", "monetary"};
    throw Error(sqlstate::invalid_parameter, std::string(arguments[d]) + " must be finite",
                std::string(arguments[d]) + (std::isnan(value) ? " is NaN." : " is infinite."),
                "Use NULL for an unknown value; such rows get no score.");
}

Code code_of(Score s, bool more_than_9_bins) {
    Code code{};
    char *to = code.text;
    for (const std::int16_t v : {s.recency, s.frequency, s.monetary}) {
        if (more_than_9_bins && to != code.text) *to++ = '-';
        to = std::to_chars(to, code.text + sizeof code.text, v).ptr;
    }
    code.size = static_cast<unsigned>(to - code.text);
    return code;
}

void check_given(int dimension, std::span<const double> cuts) {
    const std::string name = std::string(dimension_names[dimension]) + "_cuts";
    if (cuts.empty() || cuts.size() >= max_bins)
        throw Error(sqlstate::invalid_parameter, name + " must have between 1 and 99 cut points",
                    "It has " + std::to_string(cuts.size()) + ".", "4 cut points make 5 classes.");
    double before = -std::numeric_limits<double>::infinity();
    for (const double cut : cuts) {
        if (!std::isfinite(cut) || cut <= before)
            throw Error(sqlstate::invalid_parameter, name + " must be finite and strictly ascending", "",
                        "Give the smallest value of each class but the first, also for recency.");
        before = cut;
    }
}

namespace {

// A sample of which only a few positions are sorted into place; between two of them lie the values between theirs.
class SelectedSample {
  public:
    // `positions` ascending.
    SelectedSample(std::span<double> values, std::vector<std::int64_t> positions, Poll poll)
        : values_(values), positions_(std::move(positions)), poll_(poll) {
        positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
        select(positions_, 0, size());
    }
    std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
    double at(std::int64_t position) const { return values_[static_cast<std::size_t>(position)]; }
    Rank rank(double value) const {
        const auto [first, last] = around(value);
        Rank rank{first, 0};
        for (std::int64_t i = first; i < last; ++i) {
            poll_.every(static_cast<std::size_t>(i));
            rank.less += at(i) < value;
            rank.equal += at(i) == value;
        }
        return rank;
    }
    double next(double value) const {
        const auto [first, last] = around(value);
        double next = last < size() ? at(last) : std::numeric_limits<double>::infinity();
        for (std::int64_t i = first; i < last; ++i) {
            poll_.every(static_cast<std::size_t>(i));
            next = at(i) > value && at(i) < next ? at(i) : next;
        }
        return std::isfinite(next) ? next : just_above(value);
    }

  private:
    // Within values[from, to). The middle one comes first, so that the others have half as many values to look through.
    void select(std::span<const std::int64_t> positions, std::int64_t from, std::int64_t to) {
        if (positions.empty()) return;
        const std::size_t middle = positions.size() / 2;
        const std::int64_t at = positions[middle];
        const auto begin = values_.begin();
        polled(static_cast<std::size_t>(to - from), poll_, std::less<>(),
               [=](auto less) { std::nth_element(begin + from, begin + at, begin + to, less); });
        select(positions.first(middle), from, at);
        select(positions.subspan(middle + 1), at + 1, to);
    }
    // Before the first of these positions all is less than the value, from the second on all is greater.
    std::pair<std::int64_t, std::int64_t> around(double value) const {
        const auto less = [this](std::int64_t p, double v) { return at(p) < v; };
        const auto greater = [this](double v, std::int64_t p) { return v < at(p); };
        const auto first = std::lower_bound(positions_.begin(), positions_.end(), value, less);
        const auto last = std::upper_bound(positions_.begin(), positions_.end(), value, greater);
        return {first == positions_.begin() ? 0 : first[-1] + 1, last == positions_.end() ? size() : *last};
    }
    std::span<double> values_;
    std::vector<std::int64_t> positions_;
    Poll poll_;
};

} // namespace

Bins::Cuts cuts_of(std::span<double> values, Dimension d, int bins, Method method, Poll poll) {
    const auto n = static_cast<std::int64_t>(values.size());
    std::vector<std::int64_t> positions;
    for (int k = 1; k < bins; ++k) {
        if (method == Method::dense) {
            positions.push_back(std::min(dense_position(n, d, bins, k), n - 1));
        } else {
            const QuantileIndex index(n, bins, k);
            positions.insert(positions.end(), {index.low, index.high});
        }
    }
    std::sort(positions.begin(), positions.end());
    return cuts_of_sample(SelectedSample(values, std::move(positions), poll), d, bins, method);
}

std::uint8_t *pack(const Bins &bins, std::uint8_t *to) {
    *to++ = bins_version;
    for (const auto &cuts : bins.cuts) {
        *to++ = cuts.size;
        for (std::size_t i = 0; i < cuts.size; ++i) to = put_fixed(to, cuts.at[i]);
    }
    return to;
}

Bins unpack(Bytes bytes) {
    Reader in(bytes, "rfm_bins");
    in.version(bins_version);
    Bins bins;
    for (auto &cuts : bins.cuts) {
        const auto n = in.fixed<std::uint8_t>();
        in.require(n >= min_bins - 1 && n <= max_bins - 1, "The number of cut points is impossible.");
        double before = std::numeric_limits<double>::lowest();
        for (int i = 0; i < n; ++i) {
            const auto cut = in.fixed<double>();
            in.require(std::isfinite(cut), "A cut point is not finite.");
            in.require(cut >= before, "Cut points do not ascend.");
            cuts.push(before = cut);
        }
    }
    in.end();
    return bins;
}

} // namespace cd::rfm
