// kmeans_model from anybody's bytes: what is accepted is written the same, and finds the cluster of any row.
#include "cluster/kmeans_model.hpp"
#include "model_fuzz.hpp"

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::fuzz_model<cluster::KmeansModel>({data, size}, [](auto &model, const double *features) {
        const cluster::Nearest found = model.nearest(features);
        if (found.point >= model.clusters() || !(found.square >= 0)) std::abort();
    });
    return 0;
}
