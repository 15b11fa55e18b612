// Whether a model follows what its customers did: repeat purchases expected and made, period by period.
#pragma once
#include "clv/clv_model.hpp"

namespace cd::clv {

struct Period {
    std::int64_t number;    // 1 is the first one; with as_of ends the last one that the model was fitted to
    std::optional<Day> end; // none for opportunities, which are counted for each customer
    bool held_out;
    double expected, actual;             // within the period
    double expected_total, actual_total; // up to its end
};

// Of counted customers with times.
std::vector<Period> track(const ClvModel &, const Customers &, Poll);

} // namespace cd::clv
