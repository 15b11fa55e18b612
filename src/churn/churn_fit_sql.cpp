// churn_fit and cross_validate: arguments with defaults as options.
#include "churn/churn_sql.hpp"
#include "churn/churn_validate.hpp"
#include "pg/rows.hpp"

namespace cd::churn {
namespace {

// (dataset, ...)
dataset::State::Arg dataset_arg(FunctionCallInfo fcinfo) {
    if (fcinfo->args[0].isnull)
        throw Error(sqlstate::invalid_parameter, "there is no dataset", "The first argument is NULL.",
                    "Give what dataset_agg(row, 'label') made.");
    return dataset::State::arg(fcinfo->args[0].value);
}

void read_monotone(Datum jsonb, FitOptions &options) {
    const JsonValue json = pg::json_value(jsonb, 2, [] {
        throw Error(sqlstate::invalid_parameter, "monotone is nested", "", "It has the form {\"tenure\": -1}.");
    });
    if (json.kind != JsonValue::Kind::object)
        throw Error(sqlstate::invalid_parameter, "monotone is no object", "", "It has the form {\"tenure\": -1}.");
    for (std::size_t i = 0; i < json.keys.size(); ++i) {
        const JsonValue &value = json.items[i];
        const bool known =
            value.kind == JsonValue::Kind::number && (value.text == "1" || value.text == "-1" || value.text == "0");
        if (!known)
            throw Error(sqlstate::invalid_parameter, "monotone has an unknown direction",
                        "That of \"" + json.keys[i] + "\" is " + (value.text.empty() ? "no number" : value.text) + ".",
                        "Say 1 where the probability may only rise with the feature, -1 where it may only fall.");
        options.monotone.push_back({json.keys[i], value.text == "1" ? 1.0 : value.text == "-1" ? -1.0 : 0.0});
    }
}

// The algorithm stands at `first`, its options behind it.
FitOptions options_arg(FunctionCallInfo fcinfo, int first) {
    const NullableDatum *const args = fcinfo->args + first;
    FitOptions options;
    if (!args[0].isnull) {
        const Datum name = args[0].value;
        std::string_view text;
        pg::call([&text, name] { text = pg::text_arg(name); });
        options.algorithm = algorithm_named(text);
    }
    const NullableDatum *const choices = args + 1;
    constexpr auto count = static_cast<std::size_t>(Choice::count);
    for (std::size_t i = 0; i < count; ++i) {
        if (choices[i].isnull) continue;
        const auto choice = static_cast<Choice>(i);
        switch (type_of(choice)) {
        case ChoiceType::whole: options[choice] = DatumGetInt32(choices[i].value); break;
        case ChoiceType::real: options[choice] = DatumGetFloat8(choices[i].value); break;
        case ChoiceType::flag: options[choice] = DatumGetBool(choices[i].value); break;
        }
    }
    const NullableDatum *const others = choices + count;
    enum { monotone, calibrate, seed };
    if (!others[monotone].isnull) read_monotone(others[monotone].value, options);
    if (!others[calibrate].isnull) {
        const Datum name = others[calibrate].value;
        std::string_view text;
        pg::call([&text, name] { text = pg::text_arg(name); });
        options.calibrate = calibration_named(text);
    }
    if (!others[seed].isnull) options.seed = static_cast<std::uint64_t>(DatumGetInt64(others[seed].value));
    return options;
}

// A category that is different in most rows is a name: it foretells nothing of others, and the model would keep it.
void tell_names(const dataset::View &view) {
    constexpr std::uint64_t few = 100;
    for (const dataset::Column &column : view.shape().columns) {
        if (!column.is_category() || view.rows() < few || column.levels.size() * 2ULL <= view.rows()) continue;
        const char *const name = column.name.c_str();
        pg::call([name] {
            ereport(NOTICE, (errmsg_internal("feature \"%s\" is different in most rows", name),
                             errdetail_internal("The model holds its values."),
                             errhint("Name it in the fourth argument of dataset_agg if it identifies customers.")));
        });
    }
}

Datum fit_model(FunctionCallInfo fcinfo) {
    const dataset::State::Arg d = dataset_arg(fcinfo);
    const dataset::View view = dataset::view_of(d);
    const FitOptions options = options_arg(fcinfo, 1);
    tell_names(view);
    return dataset::model_datum(fit(view, options, work()));
}

Datum validate(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const dataset::State::Arg d = dataset_arg(fcinfo);
    const int folds = fcinfo->args[1].isnull ? 5 : DatumGetInt32(fcinfo->args[1].value);
    const std::vector<Fold> all =
        cross_validate(dataset::view_of(d), folds, options_arg(fcinfo, 2), max_dataset_memory(), work());
    for (std::size_t k = 0; k < all.size(); ++k) {
        enum { fold, rows, positives, roc_auc, pr_auc, log_loss, brier, ks, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[fold] = Int32GetDatum(static_cast<std::int32_t>(k + 1));
        values[rows] = UInt64GetDatum(all[k].rows);
        values[positives] = UInt64GetDatum(all[k].positives);
        pg::set(values[roc_auc], nulls[roc_auc], all[k].roc_auc);
        pg::set(values[pr_auc], nulls[pr_auc], all[k].pr_auc);
        pg::set(values[log_loss], nulls[log_loss], all[k].log_loss);
        pg::set(values[brier], nulls[brier], all[k].brier);
        pg::set(values[ks], nulls[ks], all[k].ks);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::churn

CD_DEFINE(cd_churn_fit, cd::churn::fit_model)
CD_DEFINE(cd_churn_cross_validate, cd::churn::validate)
