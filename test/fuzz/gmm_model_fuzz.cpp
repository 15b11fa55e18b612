// gmm_model from anybody's bytes: what is accepted is written the same, and has probabilities for any row.
#include "cluster/gmm_model.hpp"
#include "model_fuzz.hpp"

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::fuzz_model<cluster::GmmModel>({data, size}, [](auto &model, const double *features) {
        double sum = 0;
        for (const double p : model.probabilities(features)) sum += p;
        if (!(std::abs(sum - 1) < 1e-9)) std::abort();
        const std::size_t cluster = model.most_probable(features);
        if (cluster >= model.clusters() || !std::isfinite(model.distance(cluster))) std::abort();
    });
    return 0;
}
