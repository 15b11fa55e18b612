// clv_model from anybody's bytes: what is accepted is written the same, as bytes and as JSON, and predicts in bounded
// time, inside the range of each answer or with an error.
#include "clv/clv_model.hpp"
#include "clv_use.hpp"

using namespace cd;
using namespace cd::clv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::read_back<ClvModel>({data, size}, [](const ClvModel &model) {
        for (const bool wide : {false, true}) {
            test::predict(model, {0, 0, 0}, 0, wide);
            test::predict(model, {2, 20, 38}, 30, wide);
            test::predict(model, {300, 1000, 1000}, 1e-9, wide);
            test::predict(model, {1, 1, 40000}, 1e9, wide);
        }
    });
    return 0;
}
