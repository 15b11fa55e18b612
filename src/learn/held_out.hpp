// What a fit holds out, to be judged and calibrated on.
#pragma once
#include "learn/inputs.hpp"

namespace cd::learn {

// Scores of rows by trees that have not seen them.
struct HeldOut {
    std::vector<std::uint32_t> rows; // ascending
    std::vector<double> scores;      // of each: log-odds of boosting, probability of a forest
};

// Losses are summed as integers of this unit, so that the order of the rows does not show.
inline constexpr double loss_unit = 0x1p-24;

// A row is not new to whoever knows another one of the same customer. So customers are held out, each with all his
// rows; a row of nobody is a customer by itself. Keys of rows, which were drawn from the same seed, become those of
// customers. Throws if all rows are of one.
std::vector<std::uint64_t> held_out_keys(std::vector<std::uint64_t> keys, const Target &target, std::uint64_t seed);

// A part, of so many, for each row, in the order of such keys: both classes are dealt out evenly, customers as evenly
// as their numbers of rows allow.
std::vector<std::uint8_t> deal(const Target &target, const std::vector<std::uint64_t> &keys, std::size_t parts,
                               Poll poll);

// Part 0 is about this share of the rows, part 1 the others. Of customers not more, but one at least, who is then the
// smallest.
std::vector<std::uint8_t> hold_out(const Target &target, const std::vector<std::uint64_t> &keys, double share,
                                   Poll poll);

} // namespace cd::learn
