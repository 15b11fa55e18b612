#include "evaluation/hash_split.hpp"

namespace cd::evaluation {

// Ten fractions of 0.1 add up to 0.9999999999999999.
static constexpr double rounding = 1e-9;

void check_fractions(std::span<const double> fractions) {
    if (fractions.empty())
        throw Error(sqlstate::invalid_parameter, "hash_split needs at least one fraction", "",
                    "0.8 gives 80 % of the keys to part 1 and the others to part 2.");
    double sum = 0;
    for (const double fraction : fractions) {
        if (!(fraction > 0 && fraction <= 1 + rounding))
            throw Error(sqlstate::invalid_parameter, "a fraction must be above 0 and at most 1",
                        "One is " + digits(fraction) + ".", "80 % of the keys are 0.8.");
        sum += fraction;
    }
    if (sum > 1 + rounding)
        throw Error(sqlstate::invalid_parameter, "fractions must add up to at most 1",
                    "They add up to " + digits(sum) + ".", "What they leave of 1 is one more part.");
}

int part_of(Bytes digest, std::span<const double> fractions) {
    std::uint32_t first = 0;
    for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8 | digest[i];
    const double place = first * 0x1p-32;
    double sum = 0;
    int part = 1;
    for (const double fraction : fractions) {
        sum += fraction;
        if (place < sum) return part;
        ++part;
    }
    return sum >= 1 - rounding ? part - 1 : part;
}

} // namespace cd::evaluation
