// sbg_model from anybody's bytes: what is accepted is written the same, and renews contracts in bounded time.
#include "clv/sbg_model.hpp"
#include "clv_use.hpp"

using namespace cd;
using namespace cd::clv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::read_back<SbgModel>({data, size}, [](const SbgModel &model) {
        const Sbg contract = model.contract();
        for (const double n : {1.0, 7.0, Sbg::max_renewals}) {
            test::within(0, 1, [&] { return contract.survival(n); });
            test::within(0, 1, [&] { return contract.leaving(n); });
            test::within(0, 1, [&] { return contract.retention(n); });
            for (const double renewed : {0.0, n}) {
                double expected;
                contract.renewals(renewed, {&n, 1}, &expected);
                test::within(0, n, [&] { return expected; });
                for (const double discount : {0.0, Sbg::min_discount, 0.1})
                    test::within(0, discount > 0 ? 1 / discount + 1 : HUGE_VAL,
                                 [&] { return contract.residual(renewed, discount); });
            }
        }
    });
    return 0;
}
