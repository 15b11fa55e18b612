// churn_model from anybody's bytes: what is accepted is written the same, predicts inside 0 and 1, and its
// contributions add up. The hash is ours, or no input would ever come past it.
#include "churn/churn_model.hpp"
#include "math/log_odds.hpp"
#include "model_fuzz.hpp"
#include <algorithm>

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::vector<std::uint8_t> value(churn::ChurnModel::identity);
    std::ranges::copy(churn::ChurnModel::identity_of({data, size}), value.begin());
    value.insert(value.end(), data, data + size);
    test::fuzz_model<churn::ChurnModel>(value, [](auto &model, const double *features) {
        const double p = model.probability(features);
        if (!(p >= 0 && p <= 1)) std::abort();
        std::vector<double> contributions;
        const double base = model.contributions(features, contributions);
        if (contributions.size() != model.columns().size() || !std::isfinite(base)) std::abort();
        for (const double contribution : contributions)
            if (!std::isfinite(contribution)) std::abort();
        for (const auto &one : model.importance())
            if (!(one.share >= 0)) std::abort();
    });
    return 0;
}
