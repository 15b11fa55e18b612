// How the columns of a dataset become points: which are numbers and which categories, and how numbers are scaled. A
// model keeps it, so that rows of a query are given as they are.
#pragma once
#include "cluster/points.hpp"
#include "common/json.hpp"
#include "dataset/dataset.hpp"

namespace cd::cluster {

enum class Scale : std::uint8_t { none, zscore, robust };
Scale scale_named(std::string_view name);
const char *name_of(Scale scale);

// A number x has the coordinate (x - center) / scale; a missing one that of the mean or, with robust scale, the median.
// Mean and standard deviation are those of the rows that have a value.
struct Input {
    double center = 0, scale = 1, missing = 0, mean = 0, sd = 0;
    bool is_category = false; // as its column says
    double inverse = 1;       // 1 / scale, for a division takes longer than everything else about a coordinate

    void set_scale(double s) {
        scale = s;
        inverse = 1 / s;
    }

    double coordinate(double x) const { return dataset::is_missing(x) ? missing : (x - center) * inverse; }
    double raw(double coordinate) const { return center + coordinate * scale; }
};

struct Inputs {
    dataset::Columns columns;
    std::vector<Input> inputs; // of all columns; categories have no use for theirs
    double mismatch = 0;       // see Points

    std::size_t numbers() const;
    std::size_t categories() const { return columns.size() - numbers(); }
    // One row, its features in order: numbers or dataset::missing, and codes of categories.
    void point(const double *features, double *number, std::uint32_t *category) const;
};

// A category with more values than this says who a row is, not what it is like; and the model would keep all of them.
inline constexpr std::uint32_t max_values = 10'000;

// How the features of a dataset will be used. Throws if one has no value at all, or is a category of too many.
Inputs inputs_of(const dataset::View &view, Scale scale, Poll poll);
Points points_of(const dataset::View &view, const Inputs &inputs, Poll poll);

// For models that decompose a matrix of all features, which nobody can cancel: it is quick for as many as these.
inline constexpr std::size_t max_matrix = 500;
inline constexpr std::size_t max_eigen = 300; // to find eigenvectors takes longer than to find a triangle
// Throws if there is a category, or more numbers than `most`. `what` is what cannot use them, `instead` what else may
// be done than to leave some out.
void require_numbers(const dataset::View &view, const char *what, std::size_t most, const char *instead = "");

// For a row that a model can say nothing about, because its coordinates or their squares are beyond double precision.
[[noreturn]] void refuse_far();

// As member "features" of the object that is being written.
void tell_inputs(const Inputs &inputs, Json &json);

std::size_t inputs_room(const Inputs &inputs);
std::uint8_t *put_inputs(const Inputs &inputs, std::uint8_t *to);
void read_inputs(Reader &reader, Inputs &inputs);

} // namespace cd::cluster
