// Segments whose rules name other segments: in which order they are refreshed.
#pragma once
#include "common/error.hpp"
#include <string>
#include <vector>

namespace cd::segment {

struct Dependent {
    std::string name;
    std::vector<std::string> uses; // names that are none of a segment are left aside
};

// The way from one of `uses` to `name`, as "b, c, a": a cycle, if a used them. Empty if there is none.
std::string way_back(const std::vector<Dependent> &all, const std::string &name, const std::vector<std::string> &uses);

// Those used before those that use them, else by name. Throws where there is a cycle.
std::vector<std::string> refresh_order(const std::vector<Dependent> &all, const Poll &);

} // namespace cd::segment
