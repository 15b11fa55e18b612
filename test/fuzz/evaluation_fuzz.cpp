// evaluation_summary and drift_summary from anybody's bytes.
#include "evaluation/drift.hpp"
#include "evaluation/tables.hpp"
#include <cstdlib>
#include <cstring>

using namespace cd;
using namespace cd::evaluation;

namespace {

constexpr std::size_t limit = 64 << 20;

template <class Summary> void read(Summary &summary, Bytes bytes) {
    summary.merge(bytes);
    summary.count();
    std::vector<std::uint8_t> again(summary.flat_size());
    summary.flatten(again.data());
    if (again.size() != bytes.size() || std::memcmp(again.data(), bytes.data(), again.size()) != 0) std::abort();
}

void expect(bool condition) {
    if (!condition) std::abort();
}
void expect_share(const std::optional<double> &share) { expect(!share || (*share >= 0 && *share <= 1)); }

void use(const Evaluation &e) {
    expect_share(roc_auc(e));
    expect_share(pr_auc(e));
    expect_share(ks(e));
    if (const auto interval = roc_auc_interval(e, 0.95)) {
        expect_share(interval->low);
        expect_share(interval->high);
        expect(!interval->std_error || *interval->std_error >= 0);
    }
    Chosen last;
    each_threshold(e, [&last](const Chosen &chosen) {
        expect(chosen.rows() >= last.rows());
        last = chosen;
    });
    expect(last.rows() == e.rows());
    double reached = 0;
    for (const Gain &gain : gain_table(e, 7)) {
        expect(gain.cumulative_positives >= reached && gain.positives <= static_cast<double>(gain.rows) + 0.01);
        reached = gain.cumulative_positives;
    }
    expect(reached == static_cast<double>(e.positives()));
    best_threshold(e, {1, 3, 0.5});
    expect(psi(e, e, 10).value_or(0) == 0);
    if (!are_probabilities(e)) return;
    expect_share(brier(e));
    expect(log_loss(e).value_or(0) >= 0);
    for (const Binning method : {Binning::quantile, Binning::width}) expect_share(calibration_error(e, 7, method));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes bytes(data, size);
    std::pmr::monotonic_buffer_resource memory;
    try {
        Evaluation e(&memory, limit, Poll{});
        read(e, bytes);
        use(e);
    } catch (const Error &) {
    }
    try {
        Drift d(&memory, limit, Poll{});
        read(d, bytes);
        expect(psi(d, d, 10).value_or(0) == 0);
        expect(ks(d.values(), d.values(), Poll{}).value_or(0) == 0);
        const std::optional<double> m = mean(d);
        expect(!m || (*m >= d.values().front().value && *m <= d.values().back().value));
    } catch (const Error &) {
    }
    return 0;
}
