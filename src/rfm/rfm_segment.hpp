// Segments by ordered rules over scores of 5 bins: the first rule that matches names the segment.
#pragma once
#include "rfm/rfm.hpp"

namespace cd::rfm {

inline constexpr int segment_bins = 5;
inline constexpr const char *no_segment = "Others"; // where no rule matches

struct Rule {
    std::string segment;
    Score low, high;

    bool matches(Score s) const {
        const auto within = [](int v, int lo, int hi) { return lo <= v && v <= hi; };
        return within(s.recency, low.recency, high.recency) && within(s.frequency, low.frequency, high.frequency) &&
               within(s.monetary, low.monetary, high.monetary);
    }
};
using Rules = std::vector<Rule>;

// The sets that are in code, and whether there is one of that name; it replaces `rules`.
inline constexpr const char *shipped_names = "classic, r_rfm";
bool shipped_rules(std::string_view name, Rules &rules);

// The 125 scores in a row.
inline constexpr std::size_t all_scores = 125;
inline std::size_t score_index(Score s) {
    return static_cast<std::size_t>((s.recency - 1) * 25 + (s.frequency - 1) * 5 + s.monetary - 1);
}
template <class Visit> void each_score(Visit &&visit) {
    for (std::int16_t r = 1; r <= segment_bins; ++r)
        for (std::int16_t f = 1; f <= segment_bins; ++f)
            for (std::int16_t m = 1; m <= segment_bins; ++m) visit(Score{r, f, m});
}

// Which rule applies to each score; rules.size() where none does.
class Segments {
  public:
    explicit Segments(const Rules &rules);
    std::size_t rule(Score s) const { return rule_[score_index(s)]; }

  private:
    std::array<std::size_t, all_scores> rule_;
};

[[noreturn]] void refuse_bins(const std::string &seen);
inline void check_segment_bins(int bins) {
    if (bins != segment_bins) refuse_bins("bins is " + std::to_string(bins) + ".");
}

} // namespace cd::rfm
