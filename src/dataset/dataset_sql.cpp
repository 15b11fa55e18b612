// dataset in SQL: its aggregates from rows and arrays, and what it tells of itself.
#include "dataset/dataset_sql.hpp"
#include "dataset/column_statistics.hpp"
#include "pg/array.hpp"
#include "pg/json.hpp"
#include "pg/rows.hpp"
#include <cmath>
extern "C" {
#include "mb/pg_wchar.h"
}

namespace cd::dataset {

void check_text(std::string_view text, const char *type) {
    if (!pg_verify_mbstr(GetDatabaseEncoding(), text.data(), static_cast<int>(text.size()), true))
        throw Error(sqlstate::invalid_binary, std::string("invalid ") + type,
                    "The name or a value of a column is not valid in the encoding of this database.");
}
void check_text(const Columns &columns, const char *type) {
    for (const Column &column : columns) {
        check_text(column.name, type);
        for (std::uint32_t code = 1; code <= column.levels.size(); ++code) check_text(column.levels[code], type);
    }
}

Bytes DatasetState::flatten(pg::ContextMemory &m) const {
    const auto check_size = [](std::size_t size) {
        if (size > pg::max_stored)
            throw Error(
                sqlstate::program_limit, "dataset is too large to be stored or copied",
                "It has " + std::to_string(size / 1024) + " kB, a value of PostgreSQL that can be dumped at most " +
                    std::to_string(pg::max_stored / 1024) + " kB.",
                "Hand it to the fit function in the same query, in FROM and not in a scalar subquery or a materialized "
                "CTE, where it is not copied.");
    };
    check_size(sealed_bytes());
    auto *const flat = static_cast<std::uint8_t *>(m.allocate(flat_room(), 8));
    const auto size = static_cast<std::size_t>(Dataset::flatten(flat, pg::interrupts) - flat);
    check_size(size);
    return {flat, size};
}

Bytes DatasetState::check(Bytes untrusted) {
    dataset::check(untrusted, pg::interrupts);
    check_text(View(untrusted, pg::interrupts).shape().columns, type);
    return untrusted;
}

namespace {

// The names that a call gives; they are the same for every row.
struct Names {
    std::string_view label, weight, customer; // empty if there is none
    Datum ignored = 0;
    Bytes ignore;

    explicit Names(FunctionCallInfo fcinfo) {
        const NullableDatum *const given = fcinfo->args + 2;
        if (PG_NARGS() > 2 && !given[0].isnull) label = name(given[0].value);
        if (PG_NARGS() > 3 && !given[1].isnull) weight = name(given[1].value);
        if (PG_NARGS() > 4 && !given[2].isnull) {
            ignored = given[2].value;
            ignore = pg::bytes_arg(ignored);
        }
        if (PG_NARGS() > 5 && !given[3].isnull) customer = name(given[3].value);
    }

  private:
    static std::string_view name(Datum value) {
        const std::string_view text = pg::text_arg(value);
        if (text.empty())
            throw Error(sqlstate::undefined_column, "a column has no empty name",
                        "It is named as label, weight or customer.", "Leave the argument out, or give NULL.");
        return text;
    }
};

std::string names_of(const pg::Record &record) {
    std::string names;
    for (int i = 0; i < record.columns(); ++i) {
        if (record.column(i).attisdropped) continue;
        names += names.empty() ? "" : ", ";
        names += NameStr(record.column(i).attname);
    }
    return names;
}

[[noreturn]] void refuse_missing(std::string_view name, const char *argument, const pg::Record &record) {
    throw Error(sqlstate::undefined_column, "column \"" + std::string(name) + "\" does not exist",
                std::string("It is named as ") + argument + "; the row has " + names_of(record) + ".",
                "Name a column of the row. ROW(...) loses the names: use a table, or an alias of a subquery.");
}

[[noreturn]] void refuse_twice(std::string_view name) {
    throw Error(sqlstate::invalid_parameter, "two columns are named \"" + std::string(name) + "\"",
                "A model finds its columns by their names.", "Give one of them another name with AS.");
}

[[noreturn]] void refuse_role(std::string_view name, const char *what) {
    throw Error(sqlstate::datatype_mismatch, "column \"" + std::string(name) + "\" cannot be " + what,
                "It is text or an enum.",
                "Compare it, for instance churned = 'Yes' AS churned, or cast it to a number.");
}

// Decides what each column of the row is, and gives the dataset its shape, or compares it. Nothing of the backend is
// called that raises while the vectors live, but through pg::call.
void plan_row(DatasetState &state, const Names &names) {
    RowPlan &plan = state.plan;
    const pg::Record &record = plan.record;
    const std::vector<std::string> ignored =
        names.ignored ? pg::text_array(names.ignored, "ignore") : std::vector<std::string>();
    std::vector<bool> found(ignored.size());
    Shape shape(std::pmr::get_default_resource());
    std::optional<RowPlan::Field> label, weight;
    std::optional<RowPlan::Owner> owner;
    std::vector<RowPlan::Field> fields; // become the plan's when nothing can go wrong any more
    for (int i = 0; i < record.columns(); ++i) {
        const FormData_pg_attribute &attribute = record.column(i);
        if (attribute.attisdropped) continue;
        const std::string_view name = NameStr(attribute.attname);
        bool skip = false;
        for (std::size_t k = 0; k < ignored.size(); ++k)
            if (name == ignored[k]) found[k] = skip = true;
        const bool is_label = !names.label.empty() && name == names.label;
        const bool is_weight = !names.weight.empty() && name == names.weight;
        const bool is_customer = !names.customer.empty() && name == names.customer;
        if (skip + is_label + is_weight + is_customer > 1)
            throw Error(sqlstate::invalid_parameter, "column \"" + std::string(name) + "\" has two roles",
                        "It is named more than once among label, weight, ignore and customer.",
                        "Name each column once.");
        if (skip) continue;
        if (is_customer) {
            if (owner) refuse_twice(name);
            owner = RowPlan::Owner{i, Identity(attribute.atttypid, name)};
            continue;
        }
        const RowPlan::Field field{i, shape.columns.size(), Feature(attribute.atttypid, name)};
        if (is_label || is_weight) {
            std::optional<RowPlan::Field> &role = is_label ? label : weight;
            if (role) refuse_twice(name);
            if (field.feature.kind() == Kind::category) refuse_role(name, is_label ? "a label" : "a weight");
            role = field;
            continue;
        }
        for (const Column &other : shape.columns)
            if (other.name == name) refuse_twice(name);
        shape.columns.emplace_back(name, field.feature.kind());
        fields.push_back(field);
    }
    for (std::size_t k = 0; k < ignored.size(); ++k)
        if (!found[k]) refuse_missing(ignored[k], "ignored", record);
    const auto add = [&](std::optional<RowPlan::Field> &role, std::string_view name, const char *argument) {
        if (name.empty()) return false;
        if (!role) refuse_missing(name, argument, record);
        role->column = shape.columns.size();
        shape.columns.emplace_back(name, Kind::number);
        // First, so that a row without label is left before its values are added.
        fields.insert(fields.begin(), *role);
        return true;
    };
    shape.has_label = add(label, names.label, "the label");
    shape.has_weight = add(weight, names.weight, "the weight");
    if (!names.customer.empty()) {
        if (!owner) refuse_missing(names.customer, "the customer", record);
        shape.columns.emplace_back(names.customer, Kind::number);
        shape.has_customer = true;
    }
    state.fit_shape(shape);
    plan.fields.assign(fields.begin(), fields.end());
    plan.label = names.label;
    plan.weight = names.weight;
    plan.customer = names.customer;
    plan.owner = owner;
    plan.ignore.assign(names.ignore.begin(), names.ignore.end());
}

[[noreturn]] void refuse_names() {
    throw Error(sqlstate::invalid_parameter, "label, weight, ignore and customer must be the same for all rows",
                "They changed between two rows.", "Write the names as constants.");
}

bool same_names(const RowPlan &plan, const Names &names) {
    return names.label == plan.label && names.weight == plan.weight && names.customer == plan.customer &&
           std::equal(names.ignore.begin(), names.ignore.end(), plan.ignore.begin(), plan.ignore.end());
}

std::string told(double value) {
    Json json;
    return json.number(value).str();
}

void check_weight(double weight) {
    if (!(weight > 0))
        throw Error(sqlstate::invalid_parameter, "a weight must be greater than zero", "It is " + told(weight) + ".",
                    "Leave rows without weight out with WHERE.");
}

// (state, features record [, label text [, weight text, ignore text[] [, customer text]]])
Datum accumulate_row(FunctionCallInfo fcinfo) {
    State::Transition state(fcinfo);
    if (fcinfo->args[1].isnull) {
        state->skip();
        return state.result();
    }
    RowPlan &plan = state->plan;
    const Names names(fcinfo);
    if (plan.record.open(fcinfo->args[1].value, state->memory.context())) plan_row(*state, names);
    if (!same_names(plan, names)) refuse_names();
    const Shape &shape = state->shape();
    const auto number = [&plan, &shape](const RowPlan::Field &field) {
        return field.feature.number(plan.record.value(field.attribute), shape.columns[field.column].name);
    };
    const RowPlan::Field *field = plan.fields.data();
    const RowPlan::Field *const end = field + plan.fields.size(), *const features = end - shape.features();
    for (; field != features; ++field) {
        if (plan.record.is_null(field->attribute)) {
            state->skip();
            return state.result();
        }
        const double value = number(*field);
        if (shape.has_weight && field->column == shape.weight()) check_weight(value);
        state->put(field->column, value);
    }
    const auto other = [&state, &plan, &number](const RowPlan::Field &f) -> double {
        const bool null = plan.record.is_null(f.attribute);
        if (f.feature.kind() == Kind::number) return null ? missing : number(f);
        return null ? 0 : state->code(f.column, f.feature.category(plan.record.value(f.attribute)));
    };
    if (plan.owner) {
        const int at = plan.owner->attribute;
        state->put(shape.customer(),
                   plan.record.is_null(at) ? missing : customer_of(plan.owner->identity.text(plan.record.value(at))));
    }
    // Most columns are finite doubles: for them nothing is looked up that is not needed.
    double *const row = state->row();
    for (; field != end; ++field) {
        double value = DatumGetFloat8(plan.record.value(field->attribute));
        if (!field->feature.is_float8() || plan.record.is_null(field->attribute) || !std::isfinite(value))
            value = other(*field);
        Dataset::put(row, field->column, value);
    }
    state->end_row();
    return state.result();
}

// (state, features float8[]), (state, label float8, features float8[] [, weight float8])
Datum accumulate_array(FunctionCallInfo fcinfo) {
    State::Transition state(fcinfo);
    const bool has_label = PG_NARGS() > 2, has_weight = PG_NARGS() > 3;
    const NullableDatum *const label = fcinfo->args + 1, *const features = label + has_label,
                               *const weight = features + 1;
    if (features->isnull || (has_label && label->isnull) || (has_weight && weight->isnull)) {
        state->skip();
        return state.result();
    }
    const pg::FloatArray row(features->value, "features");
    const std::size_t n = state->of_arrays ? state->shape().features() : row.size();
    if (!state->of_arrays) state->name_columns(n, has_label, has_weight); // refused if it has other columns already
    state->of_arrays = true;
    if (row.size() != n)
        throw Error(sqlstate::invalid_parameter, "features have different lengths",
                    "An array has " + std::to_string(row.size()) + " elements, the ones before have " +
                        std::to_string(n) + ".",
                    "Give every row the same features, NULL for what is missing.");
    row.each([&state, to = state->row()](std::size_t i, double value, bool null) {
        if (!null && !std::isfinite(value)) refuse_number(value, state->shape().columns[i].name);
        Dataset::put(to, i, null ? missing : value);
    });
    const auto finite = [](Datum d, const char *name) {
        const double value = DatumGetFloat8(d);
        if (!std::isfinite(value)) refuse_number(value, name);
        return value;
    };
    if (has_label) state->put(n, finite(label->value, "label"));
    if (has_weight) {
        const double value = finite(weight->value, "weight");
        check_weight(value);
        state->put(n + 1, value);
    }
    state->end_row();
    return state.result();
}

// The most frequent values: [{"value": "DE", "rows": 95}, ...].
Json told(const Column &column, const std::vector<ValueCount> &top) {
    Json json;
    json.begin_array();
    for (const ValueCount &value : top) {
        json.begin_object().key("value");
        if (column.is_category())
            json.text(column.levels[static_cast<std::uint32_t>(value.value)]);
        else
            json.number(value.value);
        json.key("rows").integer(value.rows).end_object();
    }
    json.end_array();
    return json;
}

Datum columns(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const View view = view_arg(fcinfo->args[0].value);
    for (std::size_t c = 0; c < view.features(); ++c) {
        enum { name, kind, n, missing_rows, min, max, mean, sd, distinct, top, count };
        const Column &column = view.shape().columns[c];
        const ColumnStatistics s = statistics(view, c, pg::interrupts);
        Datum values[count] = {};
        bool nulls[count] = {};
        const std::string_view texts[] = {column.name, column.is_category() ? "categorical" : "numeric"};
        pg::call([&values, &texts] {
            values[name] = pg::text_datum(texts[0]);
            values[kind] = pg::text_datum(texts[1]);
        });
        values[n] = UInt64GetDatum(s.n);
        values[missing_rows] = UInt64GetDatum(s.missing);
        pg::set(values[min], nulls[min], s.min);
        pg::set(values[max], nulls[max], s.max);
        pg::set(values[mean], nulls[mean], s.mean);
        pg::set(values[sd], nulls[sd], s.sd);
        values[distinct] = UInt64GetDatum(s.distinct);
        values[top] = pg::jsonb_datum(told(column, s.top));
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

Datum summary(FunctionCallInfo fcinfo) {
    enum { rows, skipped, features, label, weight, bytes, count };
    TupleDesc const row = pg::result_row(fcinfo);
    Datum values[count] = {};
    bool nulls[count] = {};
    const View view = view_arg(fcinfo->args[0].value);
    const Shape &shape = view.shape();
    values[rows] = UInt64GetDatum(view.rows());
    values[skipped] = UInt64GetDatum(view.skipped());
    values[features] = Int32GetDatum(static_cast<std::int32_t>(view.features()));
    values[bytes] = UInt64GetDatum(view.bytes());
    const auto text = [&](int i, bool there, std::size_t column) {
        nulls[i] = !there;
        if (!there) return;
        const std::string_view name = shape.columns[column].name;
        Datum &value = values[i];
        pg::call([&value, &name] { value = pg::text_datum(name); });
    };
    text(label, shape.has_label, shape.label());
    text(weight, shape.has_weight, shape.weight());
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

} // namespace
} // namespace cd::dataset

using namespace cd;
using namespace cd::dataset;

CD_DEFINE_INPUT(cd_dataset_in, State::in)
CD_DEFINE(cd_dataset_out, State::out)
CD_DEFINE_INPUT(cd_dataset_recv, State::recv)
CD_DEFINE(cd_dataset_send, State::send_)
CD_DEFINE(cd_dataset_agg_row, accumulate_row)
CD_DEFINE(cd_dataset_agg_array, accumulate_array)
CD_DEFINE(cd_dataset_agg_combine, State::combine)
CD_DEFINE(cd_dataset_agg_final, State::final)
CD_DEFINE(cd_dataset_columns, columns)
CD_DEFINE(cd_dataset_summary, summary)

CD_FUNCTION(cd_dataset_rows) { return UInt64GetDatum(view_arg(fcinfo->args[0].value).rows()); }
CD_FUNCTION(cd_dataset_customer) {
    const View view = view_arg(fcinfo->args[0].value);
    if (!view.shape().has_customer) PG_RETURN_NULL();
    return pg::text_column(view.shape().columns[view.shape().customer()].name);
}
CD_FUNCTION(cd_dataset_skipped) { return UInt64GetDatum(view_arg(fcinfo->args[0].value).skipped()); }
