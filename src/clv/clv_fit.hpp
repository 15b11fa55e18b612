// The fit of models of purchases and of spend to customers.
#pragma once
#include "clv/clv_model.hpp"
#include "common/work.hpp"

namespace cd::clv {

struct FitOptions {
    std::optional<Process> process; // else the one with the lowest AIC
    std::uint64_t max_iterations = 200;
};
Process process_called(std::string_view name); // or refuses it
FitOptions fit_options(std::string_view model, std::int64_t max_iterations);

// Of counted customers.
Fitted fit(const Customers &, const FitOptions &, const Work &);

// What a model foresaw of the hold-out, given each customer's history.
struct HoldOut {
    double expected, mean_absolute_error, root_mean_square_error; // of purchases; the errors by customer
};
struct Compared {
    Process process;
    Part part;
    std::optional<HoldOut> hold_out; // of a model that converged
    bool best = false;
};
// All models that these customers can be described by, the best one by AIC first.
std::vector<Compared> compare(const Customers &, const FitOptions &, const Work &);

} // namespace cd::clv
