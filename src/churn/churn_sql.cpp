// Models of churn in SQL: what the row of a query is answered, and what is told about a model.
#include "churn/churn_fit.hpp"
#include "churn/churn_sql.hpp"
#include "evaluation/evaluation_sql.hpp"
#include "learn/tree_text.hpp"
#include "pg/rows.hpp"
#include <algorithm>
#include <numeric>

namespace cd::churn {
namespace {

using dataset::KeptModel, dataset::model_arg, dataset::model_datum;

enum class Form { record, array };

[[noreturn]] void refuse_unconverged(const Fitted &fitted) {
    const char *const message = "the model has not converged";
    if (fitted.separating.empty())
        throw Error(sqlstate::not_set_up, message,
                    "It was given up after " + std::to_string(fitted.iterations) + " iterations.",
                    "Fit it with more max_iterations, or say allow_unconverged => true.");
    std::string names;
    for (const std::string &name : fitted.separating) (names += names.empty() ? "" : ", ") += '"' + name + '"';
    throw Error(sqlstate::not_set_up, message,
                names + " tell some rows' outcomes without fail, so the likelihood has no largest value.",
                "Fit it with l2 => 0.001 or so, or with firth => true; or say allow_unconverged => true.");
}

// The features of the row that a function is called with, after (model, features) and before allow_unconverged.
template <Form form> const double *features_arg(FunctionCallInfo fcinfo, KeptModel<ChurnModel> &model) {
    if (!model->fitted().converged && !DatumGetBool(fcinfo->args[PG_NARGS() - 1].value))
        refuse_unconverged(model->fitted());
    return form == Form::record ? model.record(fcinfo) : model.array(fcinfo);
}

template <Form form> Datum predict(FunctionCallInfo fcinfo) {
    KeptModel<ChurnModel> model(fcinfo);
    return Float8GetDatum(model->probability(features_arg<form>(fcinfo, model)));
}

// (model, features, top, allow_unconverged)
template <Form form> Datum explain(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    KeptModel<ChurnModel> model(fcinfo);
    const int top = DatumGetInt32(fcinfo->args[2].value);
    if (top < 0)
        throw Error(sqlstate::invalid_parameter, "top must not be negative", "It is " + std::to_string(top) + ".",
                    "The usual number is 3.");
    const double *const features = features_arg<form>(fcinfo, model);
    std::vector<double> contributions;
    const double baseline = model->contributions(features, contributions);
    const std::size_t n = contributions.size(), shown = std::min(n, static_cast<std::size_t>(top));
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    // The largest first; of equal ones the first of the model.
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t f) { return std::abs(contributions[f]); });
    enum { feature, value, contribution, count };
    const auto add = [&result](std::string_view name, const std::optional<std::string> &shown_value, double log_odds) {
        Datum values[count] = {};
        bool nulls[count] = {};
        values[feature] = pg::text_column(name);
        nulls[value] = !shown_value;
        if (shown_value) values[value] = pg::text_column(*shown_value);
        values[contribution] = Float8GetDatum(log_odds);
        result.add(values, nulls);
    };
    for (std::size_t i = 0; i < shown; ++i) {
        const dataset::Column &column = model->columns()[order[i]];
        const double x = features[order[i]];
        std::optional<std::string> text;
        if (column.is_category()) {
            if (x != 0) text = column.levels[static_cast<std::uint32_t>(x)];
        } else if (!dataset::is_missing(x))
            text = digits(x);
        add(column.name, text, contributions[order[i]]);
    }
    double others = 0;
    for (std::size_t i = shown; i < n; ++i) others += contributions[order[i]];
    if (shown < n) add("(other features)", {}, others);
    add("(baseline)", {}, baseline);
    PG_RETURN_NULL();
}

Datum summary(FunctionCallInfo fcinfo) {
    enum {
        algorithm,
        label,
        rows,
        base_rate,
        features,
        trees,
        leaves,
        log_likelihood,
        null_log_likelihood,
        aic,
        held_out_rows,
        held_out_log_loss,
        calibration,
        iterations,
        converged,
        separating,
        options,
        count
    };
    TupleDesc const row = pg::result_row(fcinfo);
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    const Fitted &fitted = model.fitted();
    Datum values[count] = {};
    bool nulls[count] = {};
    const auto number = [&](int i, bool there, double n) {
        pg::set(values[i], nulls[i], there ? std::optional(n) : std::nullopt);
    };
    const auto whole = [&](int i, bool there, std::uint64_t n) {
        nulls[i] = !there;
        values[i] = UInt64GetDatum(n);
    };
    const bool linear = model.is_linear();
    values[algorithm] = pg::text_column(name_of(fitted.algorithm));
    values[label] = pg::text_column(fitted.label);
    values[rows] = UInt64GetDatum(fitted.rows);
    number(base_rate, fitted.weight > 0, fitted.positives / fitted.weight);
    values[features] = Int32GetDatum(static_cast<std::int32_t>(model.columns().size()));
    nulls[trees] = linear;
    values[trees] = Int32GetDatum(static_cast<std::int32_t>(fitted.ensemble.trees.size()));
    std::uint64_t all_leaves = 0;
    for (const learn::Tree &tree : fitted.ensemble.trees) all_leaves += tree.nodes.size() / 2 + 1;
    whole(leaves, !linear, all_leaves);
    number(log_likelihood, linear, fitted.log_likelihood);
    number(null_log_likelihood, linear, fitted.null_log_likelihood);
    const auto estimated =
        std::ranges::count_if(fitted.coefficients, [](const learn::Coefficient &c) { return c.estimate.has_value(); });
    number(aic, linear, 2 * (static_cast<double>(estimated) - fitted.log_likelihood));
    whole(held_out_rows, !linear, fitted.held_out_rows);
    pg::set(values[held_out_log_loss], nulls[held_out_log_loss], fitted.held_out_loss);
    values[calibration] = pg::text_column(name_of(fitted.calibration.method));
    whole(iterations, linear, fitted.iterations);
    values[converged] = BoolGetDatum(fitted.converged);
    nulls[separating] = fitted.separating.empty();
    if (!nulls[separating]) values[separating] = pg::text_array_datum(fitted.separating);
    Json json;
    json.begin_object();
    for (const Option &option : fitted.options) json.key(option.name).number(option.value);
    json.end_object();
    values[options] = pg::jsonb_datum(json);
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

Datum coefficients(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    if (!model.is_linear())
        throw Error(sqlstate::invalid_parameter, "the model has no coefficients",
                    std::string("It was fitted by ") + name_of(model.fitted().algorithm) + ".",
                    "feature_importance(model) says what it uses; a logistic regression has coefficients.");
    for (const learn::Coefficient &c : model.fitted().coefficients) {
        enum { name, estimate, std_error, z, p_value, odds_ratio, vif, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[name] = pg::text_column(c.name);
        pg::set(values[estimate], nulls[estimate], c.estimate);
        pg::set(values[std_error], nulls[std_error], c.std_error);
        pg::set(values[z], nulls[z], c.z);
        pg::set(values[p_value], nulls[p_value], c.p_value);
        pg::set(values[odds_ratio], nulls[odds_ratio], c.odds_ratio);
        pg::set(values[vif], nulls[vif], c.vif);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

Datum importance(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    const std::vector<ChurnModel::Importance> all = model.importance();
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&all](std::size_t f) { return all[f].share; });
    for (const std::size_t f : order) {
        enum { feature, share, splits, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[feature] = pg::text_column(model.columns()[f].name);
        values[share] = Float8GetDatum(all[f].share);
        nulls[splits] = model.is_linear();
        values[splits] = UInt64GetDatum(all[f].splits);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

// The only tree, with the probabilities that predict has.
learn::Tree only_tree(const ChurnModel &model) {
    const Fitted &fitted = model.fitted();
    if (fitted.algorithm != Algorithm::tree)
        throw Error(sqlstate::invalid_parameter, "the model is not a single tree",
                    std::string("It was fitted by ") + name_of(fitted.algorithm) + ".",
                    "Fit it with algorithm => 'tree'.");
    learn::Tree tree = fitted.ensemble.trees[0];
    for (learn::Node &node : tree.nodes) node.value = model.probability_of(fitted.ensemble.base + node.value);
    return tree;
}

Datum rules(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    for (const learn::Rule &found : learn::tree_rules(only_tree(model), model.columns(), pg::interrupts)) {
        enum { rule, rows, rate, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[rule] = pg::text_column(found.condition);
        values[rows] = Float8GetDatum(found.cover);
        values[rate] = Float8GetDatum(found.value);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

Datum sql(FunctionCallInfo fcinfo) {
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    return pg::text_column(learn::tree_sql(only_tree(model), model.columns(), {}, pg::interrupts));
}

// How a column of this type is read as the number that a dataset has of it; empty where a cast does it.
std::string reading_of(Oid type, const std::string &name) {
    switch (type) {
    case BOOLOID: return "(" + name + "::integer)::float8";
    case DATEOID: return "(" + name + " - DATE '2000-01-01')::float8";
    case TIMESTAMPOID: return "(extract(epoch FROM " + name + " - TIMESTAMP '2000-01-01') / 86400)::float8";
    case TIMESTAMPTZOID:
        return "(extract(epoch FROM " + name + " - TIMESTAMPTZ '2000-01-01 00:00:00+00') / 86400)::float8";
    case INTERVALOID:
    case TIMEOID: return "(extract(epoch FROM " + name + ") / 86400)::float8";
    default: return "";
    }
}

// (model, a row of the types that the columns have)
Datum sql_for(FunctionCallInfo fcinfo) {
    pg::Record record;
    record.open(fcinfo->args[1].value, CurrentMemoryContext);
    const ChurnModel model = model_arg<ChurnModel>(fcinfo);
    std::vector<std::string> expressions;
    for (const dataset::Column &column : model.columns()) {
        std::string &expression = expressions.emplace_back();
        for (int i = 0; i < record.columns(); ++i)
            if (!record.column(i).attisdropped && column.name == NameStr(record.column(i).attname) &&
                !column.is_category())
                expression = reading_of(record.column(i).atttypid, learn::quoted_name(column.name));
    }
    return pg::text_column(learn::tree_sql(only_tree(model), model.columns(), expressions, pg::interrupts));
}

// (model, evaluation)
Datum calibrate(FunctionCallInfo fcinfo) {
    const evaluation::SummaryArg<evaluation::Evaluation> outcomes(fcinfo->args[1]);
    ChurnModel model = model_arg<ChurnModel>(fcinfo);
    outcomes.use([&](const evaluation::Evaluation &e) { return recalibrate(model, e, pg::interrupts); });
    return model_datum(model);
}

} // namespace
} // namespace cd::churn

using namespace cd;
using namespace cd::churn;

CD_DEFINE_MODEL(churn_model, ChurnModel)
// As deep as a node's members are: features, model, ensemble, trees, nodes.
CD_DEFINE(cd_churn_model_from_jsonb, (pg::model_from_jsonb<ChurnModel, 12>))
CD_DEFINE(cd_churn_summary, summary)
CD_DEFINE(cd_churn_coefficients, coefficients)
CD_DEFINE(cd_churn_importance, importance)
CD_DEFINE(cd_churn_predict_row, predict<Form::record>)
CD_DEFINE(cd_churn_predict_array, predict<Form::array>)
CD_DEFINE(cd_churn_explain_row, explain<Form::record>)
CD_DEFINE(cd_churn_explain_array, explain<Form::array>)
CD_DEFINE(cd_churn_tree_rules, rules)
CD_DEFINE(cd_churn_tree_sql, sql)
CD_DEFINE(cd_churn_tree_sql_row, sql_for)
CD_DEFINE(cd_churn_calibrate, calibrate)
