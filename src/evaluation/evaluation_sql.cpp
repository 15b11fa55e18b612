// evaluation_summary in SQL: its metrics, and the tables that are made of it.
#include "evaluation/evaluation_sql.hpp"
#include "evaluation/tables.hpp"
#include "math/distribution.hpp"
#include "pg/rows.hpp"

namespace cd::evaluation {
namespace {

using State = StateOf<Evaluation>;
using Arg = SummaryArg<Evaluation>;

Datum accumulate(FunctionCallInfo fcinfo) {
    State::Transition summary(fcinfo);
    const NullableDatum &score = fcinfo->args[1], &label = fcinfo->args[2];
    if (score.isnull || label.isnull)
        summary->skip();
    else
        summary->add(DatumGetFloat8(score.value), DatumGetBool(label.value));
    return summary.result();
}

std::optional<double> share(double part, double whole) {
    if (whole == 0) return {};
    return part / whole;
}
std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
    return share(static_cast<double>(part), static_cast<double>(whole));
}

Datum summary(FunctionCallInfo fcinfo) {
    enum { rows, skipped, positives, base_rate, auc, average_precision, loss, squared, distance, count };
    TupleDesc const row = pg::result_row(fcinfo);
    const Arg arg(fcinfo->args[0]);
    Datum values[count] = {};
    bool nulls[count] = {};
    arg.use([&values, &nulls](const Evaluation &e) {
        const auto number = [&values, &nulls](int i, const std::optional<double> &value) {
            pg::set(values[i], nulls[i], value);
        };
        values[rows] = UInt64GetDatum(e.rows());
        values[skipped] = UInt64GetDatum(e.skipped());
        values[positives] = UInt64GetDatum(e.positives());
        number(base_rate, share(e.positives(), e.rows()));
        number(auc, roc_auc(e));
        number(average_precision, pr_auc(e));
        const bool probabilities = are_probabilities(e);
        number(loss, probabilities ? log_loss(e) : std::nullopt);
        number(squared, probabilities ? brier(e) : std::nullopt);
        number(distance, ks(e));
    });
    return pg::row_datum(row, values, nulls);
}

Datum auc_interval(FunctionCallInfo fcinfo) {
    const double confidence = PG_GETARG_FLOAT8(1);
    math::check_confidence(confidence);
    TupleDesc const row = pg::result_row(fcinfo);
    const Arg arg(fcinfo->args[0]);
    const std::optional<Interval> interval =
        arg.use([confidence](const Evaluation &e) { return roc_auc_interval(e, confidence); });
    Datum values[4] = {};
    bool nulls[4] = {true, true, true, true};
    if (interval) {
        pg::set(values[0], nulls[0], interval->value);
        pg::set(values[1], nulls[1], interval->std_error);
        pg::set(values[2], nulls[2], interval->low);
        pg::set(values[3], nulls[3], interval->high);
    }
    return pg::row_datum(row, values, nulls);
}

Datum gains(FunctionCallInfo fcinfo) {
    enum { decile, customers, churners, rate, lift, all_customers, all_churners, all_share, all_lift, least, count };
    const int groups = PG_GETARG_INT32(1);
    check_groups(groups, "groups");
    pg::ResultRows result(fcinfo);
    const Arg arg(fcinfo->args[0]);
    arg.use([&result, groups](const Evaluation &e) {
        const auto positives = static_cast<double>(e.positives());
        const double base_rate = positives / static_cast<double>(e.rows());
        int number = 0;
        for (const Gain &gain : gain_table(e, groups)) {
            Datum values[count] = {};
            bool nulls[count] = {};
            const auto of = [](double part, std::uint64_t rows) { return share(part, static_cast<double>(rows)); };
            const auto relative = [base_rate](const std::optional<double> &r) {
                return r ? share(*r, base_rate) : std::nullopt;
            };
            const std::optional<double> here = of(gain.positives, gain.rows);
            values[decile] = Int32GetDatum(++number);
            values[customers] = UInt64GetDatum(gain.rows);
            values[churners] = Float8GetDatum(gain.positives);
            pg::set(values[rate], nulls[rate], here);
            pg::set(values[lift], nulls[lift], relative(here));
            values[all_customers] = UInt64GetDatum(gain.cumulative_rows);
            values[all_churners] = Float8GetDatum(gain.cumulative_positives);
            pg::set(values[all_share], nulls[all_share], share(gain.cumulative_positives, positives));
            pg::set(values[all_lift], nulls[all_lift], relative(of(gain.cumulative_positives, gain.cumulative_rows)));
            pg::set(values[least], nulls[least], gain.rows > 0 ? std::optional(gain.least) : std::nullopt);
            result.add(values, nulls);
        }
    });
    PG_RETURN_NULL();
}

Datum calibration(FunctionCallInfo fcinfo) {
    enum { number, low, high, customers, churners, predicted, observed, observed_low, observed_high, count };
    const int bins = PG_GETARG_INT32(1);
    check_groups(bins, "bins");
    const Binning method = binning_named(pg::text_arg(fcinfo->args[2].value));
    const double confidence = PG_GETARG_FLOAT8(3);
    math::check_confidence(confidence);
    pg::ResultRows result(fcinfo);
    const Arg arg(fcinfo->args[0]);
    arg.use([&result, bins, method, confidence](const Evaluation &e) {
        const double quantile = math::confidence_quantile(confidence);
        for (const CalibrationBin &bin : calibration_table(e, bins, method)) {
            Datum values[count] = {};
            bool nulls[count] = {};
            const Interval share = wilson(static_cast<double>(bin.positives), static_cast<double>(bin.rows), quantile);
            values[number] = Int32GetDatum(bin.number);
            values[low] = Float8GetDatum(bin.low);
            values[high] = Float8GetDatum(bin.high);
            values[customers] = UInt64GetDatum(bin.rows);
            values[churners] = UInt64GetDatum(bin.positives);
            values[predicted] = Float8GetDatum(bin.predicted);
            values[observed] = Float8GetDatum(share.value);
            pg::set(values[observed_low], nulls[observed_low], share.low);
            pg::set(values[observed_high], nulls[observed_high], share.high);
            result.add(values, nulls);
        }
    });
    PG_RETURN_NULL();
}

Datum calibration_distance(FunctionCallInfo fcinfo) {
    const int bins = PG_GETARG_INT32(1);
    check_groups(bins, "bins");
    const Binning method = binning_named(pg::text_arg(fcinfo->args[2].value));
    return number_of<Evaluation>(fcinfo,
                                 [bins, method](const Evaluation &e) { return calibration_error(e, bins, method); });
}

Datum points(FunctionCallInfo fcinfo) {
    enum { threshold, false_positive_rate, true_positive_rate, customers, churners, count };
    pg::ResultRows result(fcinfo);
    const Arg arg(fcinfo->args[0]);
    arg.use([&result](const Evaluation &e) {
        if (e.rows() == 0) return;
        each_threshold(e, [&result, &e](const Chosen &chosen) {
            Datum values[count] = {};
            bool nulls[count] = {};
            values[threshold] = Float8GetDatum(chosen.threshold);
            pg::set(values[false_positive_rate], nulls[false_positive_rate], share(chosen.negatives, e.negatives()));
            pg::set(values[true_positive_rate], nulls[true_positive_rate], share(chosen.positives, e.positives()));
            values[customers] = UInt64GetDatum(chosen.rows());
            values[churners] = UInt64GetDatum(chosen.positives);
            result.add(values, nulls);
        });
    });
    PG_RETURN_NULL();
}

Datum confusion(FunctionCallInfo fcinfo) {
    enum {
        true_positive,
        false_positive,
        true_negative,
        false_negative,
        precision,
        recall,
        specificity,
        accuracy,
        f1,
        count
    };
    const double threshold = PG_GETARG_FLOAT8(1);
    TupleDesc const row = pg::result_row(fcinfo);
    const Arg arg(fcinfo->args[0]);
    Datum values[count] = {};
    bool nulls[count] = {};
    arg.use([&values, &nulls, threshold](const Evaluation &e) {
        const Chosen chosen = chosen_at(e, threshold);
        const std::uint64_t tp = chosen.positives, fp = chosen.negatives, tn = e.negatives() - fp,
                            fn = e.positives() - tp;
        const auto set = [&values, &nulls](int i, std::uint64_t part, std::uint64_t whole) {
            pg::set(values[i], nulls[i], share(part, whole));
        };
        values[true_positive] = UInt64GetDatum(tp);
        values[false_positive] = UInt64GetDatum(fp);
        values[true_negative] = UInt64GetDatum(tn);
        values[false_negative] = UInt64GetDatum(fn);
        set(precision, tp, tp + fp);
        set(recall, tp, tp + fn);
        set(specificity, tn, tn + fp);
        set(accuracy, tp + tn, e.rows());
        set(f1, 2 * tp, 2 * tp + fp + fn);
    });
    return pg::row_datum(row, values, nulls);
}

Datum best(FunctionCallInfo fcinfo) {
    enum { threshold, customers, churners, contacted_share, profit, profit_of_all, count };
    const Campaign campaign{PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    campaign.check();
    TupleDesc const row = pg::result_row(fcinfo);
    const Arg arg(fcinfo->args[0]);
    Datum values[count] = {};
    bool nulls[count] = {};
    const bool defined = arg.use([&values, &nulls, &campaign](const Evaluation &e) {
        if (e.rows() == 0) return false;
        const Chosen chosen = best_threshold(e, campaign);
        values[threshold] = Float8GetDatum(chosen.threshold);
        values[customers] = UInt64GetDatum(chosen.rows());
        values[churners] = UInt64GetDatum(chosen.positives);
        pg::set(values[contacted_share], nulls[contacted_share], share(chosen.rows(), e.rows()));
        values[profit] = Float8GetDatum(campaign.profit(chosen));
        values[profit_of_all] = Float8GetDatum(campaign.profit({0, e.positives(), e.negatives()}));
        return true;
    });
    if (!defined) PG_RETURN_NULL();
    return pg::row_datum(row, values, nulls);
}

} // namespace
} // namespace cd::evaluation

using namespace cd;
using namespace cd::evaluation;

CD_DEFINE_INPUT(cd_evaluation_summary_in, State::in)
CD_DEFINE(cd_evaluation_summary_out, State::out)
CD_DEFINE_INPUT(cd_evaluation_summary_recv, State::recv)
CD_DEFINE(cd_evaluation_summary_send, State::send_)
CD_DEFINE(cd_evaluation_agg_accum, accumulate)
CD_DEFINE(cd_evaluation_agg_combine, State::combine)
CD_DEFINE(cd_evaluation_agg_final, State::final)
CD_DEFINE(cd_evaluation_summary, summary)
CD_DEFINE(cd_evaluation_roc_auc_interval, auc_interval)
CD_DEFINE(cd_evaluation_gain_table, gains)
CD_DEFINE(cd_evaluation_calibration_table, calibration)
CD_DEFINE(cd_evaluation_calibration_error, calibration_distance)
CD_DEFINE(cd_evaluation_roc_points, points)
CD_DEFINE(cd_evaluation_confusion, confusion)
CD_DEFINE(cd_evaluation_best_threshold, best)

CD_FUNCTION(cd_evaluation_roc_auc) { return number_of<Evaluation>(fcinfo, roc_auc); }
CD_FUNCTION(cd_evaluation_pr_auc) { return number_of<Evaluation>(fcinfo, pr_auc); }
CD_FUNCTION(cd_evaluation_log_loss) { return number_of<Evaluation>(fcinfo, log_loss); }
CD_FUNCTION(cd_evaluation_brier) { return number_of<Evaluation>(fcinfo, brier); }
CD_FUNCTION(cd_evaluation_ks) {
    return number_of<Evaluation>(fcinfo, [](const Evaluation &e) { return ks(e); });
}
