#include "dataset/model_sql.hpp"

namespace cd::dataset {

FeatureReader::FeatureReader(const Columns &columns)
    : columns_(columns), category_(nullptr), features_(columns.size(), missing) {
    for (const Column &column : columns)
        if (column.is_category() && !category_) category_ = &column;
}

void FeatureReader::plan() {
    fields_.clear();
    for (const Column &column : columns_) {
        const int n = record_.columns();
        int at = 0;
        while (at < n && (record_.column(at).attisdropped || column.name != NameStr(record_.column(at).attname))) ++at;
        if (at == n) {
            std::string names;
            for (int i = 0; i < n; ++i)
                if (!record_.column(i).attisdropped)
                    (names += names.empty() ? "" : ", ") += NameStr(record_.column(i).attname);
            throw Error(
                sqlstate::undefined_column, "the row has no column \"" + std::string(column.name) + "\"",
                "The model was fitted with it; the row has " + (names.empty() ? "no columns" : names) + ".",
                "Rows are matched to a model by the names of their columns. ROW(...) loses them: use a table, an alias "
                "of a subquery, or float8[] in the order of the model.");
        }
        const Feature feature(record_.column(at).atttypid, column.name);
        if (feature.kind() != column.kind)
            throw Error(sqlstate::datatype_mismatch, "column \"" + std::string(column.name) + "\" is of another kind",
                        column.is_category() ? "It is a number, in the model it is a category."
                                             : "It is a category, in the model it is a number.",
                        "Give the row the types that the model was fitted with.");
        fields_.push_back({at, feature});
    }
}

const double *FeatureReader::record(Datum row, MemoryContext context) {
    if (record_.open(row, context) || fields_.size() != columns_.size()) plan();
    for (std::size_t c = 0; c < fields_.size(); ++c) {
        const Field &field = fields_[c];
        const Datum value = record_.value(field.attribute);
        if (record_.is_null(field.attribute))
            features_[c] = field.feature.kind() == Kind::number ? missing : 0;
        else if (field.feature.is_float8() && std::isfinite(DatumGetFloat8(value)))
            features_[c] = DatumGetFloat8(value);
        else if (field.feature.kind() == Kind::number)
            features_[c] = field.feature.number(value, columns_[c].name);
        else
            features_[c] = columns_[c].levels.find(field.feature.category(value));
    }
    return features_.data();
}

const double *FeatureReader::array(Datum row) {
    if (category_)
        throw Error(sqlstate::datatype_mismatch, "an array has no categories",
                    "Column \"" + std::string(category_->name) + "\" of the model is one.",
                    "Give a row with the columns that the model was fitted with.");
    const pg::FloatArray values(row, "features");
    if (values.size() != columns_.size())
        throw Error(sqlstate::invalid_parameter, "features have another length than those of the model",
                    "The array has " + std::to_string(values.size()) + " elements, the model " +
                        std::to_string(columns_.size()) + " features.",
                    "Give the features in the order of the model, NULL for what is missing.");
    values.each([this](std::size_t i, double value, bool null) {
        if (!null && !std::isfinite(value)) refuse_number(value, columns_[i].name);
        features_[i] = null ? missing : value;
    });
    return features_.data();
}

} // namespace cd::dataset
