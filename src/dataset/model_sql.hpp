// Models as arguments: parsed once per query, and the rows of the query read as their features.
#pragma once
#include "dataset/dataset_sql.hpp"
#include "dataset/feature_sql.hpp"
#include "pg/array.hpp"
#include "pg/model.hpp"
#include "pg/record.hpp"

namespace cd::dataset {

// Reads rows as the features of a model: records by the names of their columns, arrays in the order of the model.
class FeatureReader {
  public:
    explicit FeatureReader(const Columns &columns);

    // A number, `missing`, or the code of a category, for each feature. A category that the model has not seen is a
    // missing one. Valid until the next row. Nothing with a destructor may be alive.
    const double *record(Datum row, MemoryContext context);
    const double *array(Datum row);

  private:
    struct Field {
        int attribute;
        Feature feature;
    };
    void plan();

    const Columns &columns_;
    const Column *category_; // the first one, or null
    pg::Record record_;
    std::vector<Field> fields_; // one per feature
    std::vector<double> features_;
};

using pg::model_arg, pg::model_datum, pg::parse_model;

// Of a model with const Columns &columns() const, its features. It may have
//   void each_text(visit) const         text other than that of its features
struct ModelText {
    template <class M> void operator()(const M &model) const {
        check_text(model.columns(), M::type);
        if constexpr (requires { model.each_text([](std::string_view) {}); })
            model.each_text([](std::string_view found) { check_text(found, M::type); });
    }
};

// A model as an argument, with the features of the second one: a record, or an array.
struct ModelFeatures : FeatureReader {
    explicit ModelFeatures(const auto &model) : FeatureReader(model.columns()) {}
};
template <class M> class KeptModel : public pg::KeptModel<M, ModelFeatures> {
  public:
    using pg::KeptModel<M, ModelFeatures>::KeptModel;
    const double *record(FunctionCallInfo fcinfo) {
        return this->with().record(fcinfo->args[1].value, this->context());
    }
    const double *array(FunctionCallInfo fcinfo) { return this->with().array(fcinfo->args[1].value); }
};

} // namespace cd::dataset

#define CD_DEFINE_MODEL(name, M) CD_DEFINE_MODEL_WITH(name, M, cd::dataset::ModelText)
