// pca_model from anybody's bytes: what is accepted is written the same, and has finite scores for any row, or refuses
// it.
#include "cluster/pca_model.hpp"
#include "model_fuzz.hpp"

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::fuzz_model<cluster::PcaModel>({data, size}, [](auto &model, const double *features) {
        for (const double score : model.scores(features))
            if (!std::isfinite(score)) std::abort();
    });
    return 0;
}
