// cox_model from anybody's bytes: what is accepted is written the same, and says something sensible of any row.
#include "model_fuzz.hpp"
#include "survival/cox_model.hpp"

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::fuzz_model<survival::CoxModel>({data, size}, [](auto &model, const double *features) {
        if (model.infinite_term() && model.term_name(*model.infinite_term()).empty()) std::abort();
        if (const auto risk = model.risk(features); risk && !(*risk >= 0)) std::abort();
        for (const double horizon : {0.0, 3.0, 1e308}) {
            const auto survival = model.survival(features, horizon, horizon / 2);
            if (survival && !(*survival >= 0 && *survival <= 1)) std::abort();
        }
    });
    return 0;
}
