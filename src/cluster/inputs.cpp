#include "cluster/inputs.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <array>
#include <cmath>

namespace cd::cluster {

namespace {

constexpr const char *scales[] = {"none", "zscore", "robust"};

// Before anything is said about its features: without a row nobody knows them.
void require_rows(const dataset::View &view) {
    if (view.rows() > 0) return;
    throw Error(sqlstate::invalid_parameter, "the dataset has no rows",
                view.skipped() > 0 ? "All " + std::to_string(view.skipped()) + " rows were skipped."
                                   : "dataset_agg was given none.",
                view.skipped() > 0 ? "Rows without a label or weight are skipped; look at where they come from."
                                   : "Look at WHERE in the query that dataset_agg reads.");
}

[[noreturn]] void refuse_empty(const dataset::Column &column) {
    throw Error(sqlstate::invalid_parameter, "column \"" + std::string(column.name) + "\" has no value",
                "It is NULL in every row.", "Leave it out of the dataset.");
}

// Sums over a chunk in four lanes, always the same ones: quicker than one, and the same bits on every machine.
template <class Term> double lanes(std::size_t n, Term &&term) {
    double sum[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (std::size_t lane = 0; lane < 4; ++lane) sum[lane] += term(i + lane);
    for (; i < n; ++i) sum[0] += term(i);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// Weighted mean and sum of squares about it, of parts that are put together (Chan, Golub and LeVeque 1983).
struct Moments {
    std::size_t rows = 0;
    double weight = 0, mean = 0, square = 0;

    // The first value is the origin, so that a large mean loses nothing.
    void add(const double *x, std::size_t n) {
        const double origin = x[0], sum = static_cast<double>(n);
        const double center = origin + lanes(n, [=](std::size_t i) { return x[i] - origin; }) / sum;
        add(n, sum, center, lanes(n, [=](std::size_t i) { return (x[i] - center) * (x[i] - center); }));
    }
    void add(const double *x, const double *w, std::size_t n) {
        const double origin = x[0], sum = lanes(n, [=](std::size_t i) { return w[i]; });
        const double center = origin + lanes(n, [=](std::size_t i) { return w[i] * (x[i] - origin); }) / sum;
        add(n, sum, center, lanes(n, [=](std::size_t i) { return w[i] * (x[i] - center) * (x[i] - center); }));
    }
    // Weights count as repeated rows; of ones, this is the sample's, with n - 1.
    double sd() const { return weight > 0 ? std::sqrt(square / (weight > 1 ? weight - 1 : weight)) : 0; }

  private:
    void add(std::size_t n, double sum, double center, double squares) {
        const double total = weight + sum, difference = center - mean;
        mean += difference * (sum / total);
        square += squares + difference * difference * (weight * (sum / total));
        weight = total;
        rows += n;
    }
};

Moments moments_of(const dataset::View &view, std::size_t column, Poll poll) {
    Moments moments;
    const bool weighted = view.shape().has_weight;
    std::vector<double> x(dataset::chunk_rows), w(dataset::chunk_rows);
    view.each(
        [&](std::size_t, const dataset::View::Chunk &chunk) {
            chunk.read(column, x.data());
            if (weighted) chunk.read(view.shape().weight(), w.data());
            const std::size_t rows = chunk.rows();
            std::size_t absent = 0;
            for (std::size_t i = 0; i < rows; ++i) absent += dataset::is_missing(x[i]);
            if (absent > 0)
                for (std::size_t i = 0, n = 0; i < rows; ++i) {
                    x[n] = x[i];
                    w[n] = w[i];
                    n += !dataset::is_missing(x[i]);
                }
            if (absent == rows) return;
            if (weighted)
                moments.add(x.data(), w.data(), rows - absent);
            else
                moments.add(x.data(), rows - absent);
        },
        poll);
    return moments;
}

// Not of a constant column, nor one that is as good as constant.
bool is_scale(double spread) { return spread > 0 && std::isfinite(1 / spread); }

// Median, and the distance of the quartiles as a standard deviation: for a normal distribution it is 1.349 of them.
// Quantiles of type 7, without weights.
void robust(const dataset::View &view, std::size_t column, Input &input, Poll poll) {
    std::vector<double> x = view.column<double>(column, poll);
    std::erase_if(x, [](double v) { return dataset::is_missing(v); });
    math::polled(x.size(), poll, std::less<>(), [&](auto less) { std::sort(x.begin(), x.end(), less); });
    const auto quantile = [&x](double p) {
        const double at = p * static_cast<double>(x.size() - 1);
        const auto low = static_cast<std::size_t>(at);
        const std::size_t high = std::min(low + 1, x.size() - 1);
        return x[low] + (at - static_cast<double>(low)) * (x[high] - x[low]);
    };
    input.center = quantile(0.5);
    const double spread = (quantile(0.75) - quantile(0.25)) / 1.3489795003921634;
    if (is_scale(spread)) input.set_scale(spread);
}

} // namespace

Scale scale_named(std::string_view name) {
    for (std::size_t i = 0; i < std::size(scales); ++i)
        if (name == scales[i]) return static_cast<Scale>(i);
    throw Error(sqlstate::invalid_parameter, "unknown scale \"" + std::string(name) + "\"", "",
                "Known are 'zscore' (mean and standard deviation), 'robust' (median and quartiles) and 'none'.");
}
const char *name_of(Scale scale) { return scales[static_cast<std::size_t>(scale)]; }

std::size_t Inputs::numbers() const {
    return static_cast<std::size_t>(
        std::count_if(columns.begin(), columns.end(), [](const auto &column) { return !column.is_category(); }));
}

void Inputs::point(const double *features, double *number, std::uint32_t *category) const {
    for (const Input &input : inputs) {
        const double value = *features++;
        if (input.is_category)
            *category++ = static_cast<std::uint32_t>(value);
        else
            *number++ = input.coordinate(value);
    }
}

Inputs inputs_of(const dataset::View &view, Scale scale, Poll poll) {
    Inputs inputs;
    require_rows(view);
    const std::size_t features = view.features();
    if (features == 0)
        throw Error(sqlstate::invalid_parameter, "the dataset has no features",
                    "All its columns are label, weight or ignored.",
                    "Give dataset_agg rows with at least one column to use.");
    inputs.inputs.resize(features);
    for (std::size_t c = 0; c < features; ++c) {
        const dataset::Column &column = inputs.columns.emplace_back(view.shape().columns[c]);
        if (column.is_category()) {
            inputs.inputs[c].is_category = true;
            if (column.levels.size() == 0) refuse_empty(column);
            if (column.levels.size() > max_values)
                throw Error(sqlstate::program_limit,
                            "column \"" + std::string(column.name) + "\" has too many different values",
                            "It is a category of " + std::to_string(column.levels.size()) + " values, the limit is " +
                                std::to_string(max_values) + ".",
                            "Name the customer's id in ignore; group rare values into one.");
            continue;
        }
        Input &input = inputs.inputs[c];
        const Moments moments = moments_of(view, c, poll);
        if (moments.rows == 0) refuse_empty(column);
        input.mean = moments.mean;
        input.sd = moments.sd();
        if (!std::isfinite(input.mean) || !std::isfinite(input.sd))
            throw Error(sqlstate::out_of_range, "column \"" + std::string(column.name) + "\" has too large numbers",
                        "The squares of its deviations from the mean are beyond double precision.", "Scale it down.");
        if (scale == Scale::none) {
            input.missing = input.mean;
            continue;
        }
        input.center = input.mean;
        if (is_scale(input.sd)) input.set_scale(input.sd); // of a constant column every coordinate is 0
        if (scale == Scale::robust) robust(view, c, input, poll);
    }
    // Huang 1998: about half the average standard deviation of the coordinates, so that a category weighs like a
    // number.
    double spread = 0;
    for (std::size_t c = 0; c < features; ++c)
        if (!inputs.columns[c].is_category()) spread += inputs.inputs[c].sd / inputs.inputs[c].scale;
    if (inputs.categories() > 0)
        inputs.mismatch = inputs.numbers() == 0 || spread == 0 ? 1 : spread / static_cast<double>(inputs.numbers()) / 2;
    return inputs;
}

Points points_of(const dataset::View &view, const Inputs &inputs, Poll poll) {
    Points points;
    points.rows = view.rows();
    points.numbers = inputs.numbers();
    points.categories = inputs.categories();
    points.mismatch = inputs.mismatch;
    points.number.reserve(points.rows * points.numbers); // and appended to: zeros would be written only to be replaced
    points.category.reserve(points.rows * points.categories);
    for (const dataset::Column &column : inputs.columns)
        if (column.is_category()) points.levels.push_back(column.levels.size() + 1);
    std::vector<double> x(dataset::chunk_rows), number(dataset::chunk_rows * points.numbers);
    std::vector<std::uint32_t> category(dataset::chunk_rows * points.categories);
    const auto append = [](auto &all, const auto &part, std::size_t n) {
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
    };
    view.each(
        [&](std::size_t, const dataset::View::Chunk &chunk) {
            std::size_t numbers = 0, categories = 0;
            for (std::size_t c = 0; c < inputs.columns.size(); ++c) {
                if (inputs.inputs[c].is_category) {
                    chunk.read(c, category.data() + categories++, points.categories);
                    continue;
                }
                chunk.read(c, x.data());
                double *to = number.data() + numbers++;
                const Input input = inputs.inputs[c];
                for (std::size_t i = 0; i < chunk.rows(); ++i, to += points.numbers) *to = input.coordinate(x[i]);
            }
            append(points.number, number, chunk.rows() * points.numbers);
            append(points.category, category, chunk.rows() * points.categories);
        },
        poll);
    if (view.shape().has_weight) points.weight = view.column<double>(view.shape().weight(), poll);
    return points;
}

void require_numbers(const dataset::View &view, const char *what, std::size_t most, const char *instead) {
    require_rows(view);
    if (view.features() > most)
        throw Error(sqlstate::program_limit, std::string("too many features for ") + what,
                    "There are " + std::to_string(view.features()) + ", the limit is " + std::to_string(most) + ".",
                    std::string("Leave out those that say the same") + (*instead ? ", " : "") + instead + ".");
    for (std::size_t c = 0; c < view.features(); ++c)
        if (const dataset::Column &column = view.shape().columns[c]; column.is_category())
            throw Error(sqlstate::datatype_mismatch, std::string(what) + " takes numbers only",
                        "Column \"" + std::string(column.name) + "\" is a category.",
                        "Leave it out, or make numbers of it, for instance (country = 'DE')::int AS in_germany.");
}

void refuse_far() {
    throw Error(sqlstate::out_of_range, "the row has too large numbers for this model",
                "Its distance from what the model was fitted to is beyond double precision.",
                "Look for absurd values, and give NULL for what is not known.");
}

void tell_inputs(const Inputs &inputs, Json &json) {
    json.key("features").begin_array();
    for (std::size_t c = 0; c < inputs.columns.size(); ++c) {
        const dataset::Column &column = inputs.columns[c];
        const Input &input = inputs.inputs[c];
        json.begin_object().key("name").text(column.name);
        if (column.is_category()) {
            json.key("kind").text("categorical").key("values").begin_array();
            for (std::uint32_t code = 1; code <= column.levels.size(); ++code) json.text(column.levels[code]);
            json.end_array();
        } else {
            json.key("kind").text("numeric").key("mean").number(input.mean).key("sd").number(input.sd);
            json.key("centre").number(input.center).key("scale").number(input.scale);
        }
        json.end_object();
    }
    json.end_array();
}

std::size_t inputs_room(const Inputs &inputs) {
    return dataset::columns_room(inputs.columns) + inputs.inputs.size() * sizeof(Input) + sizeof(double);
}

std::uint8_t *put_inputs(const Inputs &inputs, std::uint8_t *to) {
    to = dataset::put_columns(inputs.columns, to);
    to = put_fixed(to, inputs.mismatch);
    for (const Input &input : inputs.inputs)
        to = put_doubles(std::array{input.center, input.scale, input.missing, input.mean, input.sd}, to);
    return to;
}

void read_inputs(Reader &reader, Inputs &inputs) {
    dataset::read_columns(reader, inputs.columns);
    reader.require(!inputs.columns.empty(), "It has no features.");
    inputs.mismatch = read_doubles(reader, 1)[0];
    reader.require(inputs.mismatch >= 0, "Its weight of categories is negative.");
    inputs.inputs.resize(inputs.columns.size());
    for (std::size_t c = 0; c < inputs.columns.size(); ++c) {
        Input &input = inputs.inputs[c];
        const std::vector<double> values = read_doubles(reader, 5);
        input = {values[0], values[1], values[2], values[3], values[4], inputs.columns[c].is_category()};
        input.set_scale(values[1]);
        reader.require(is_scale(input.scale) && input.sd >= 0, "A scale is not positive.");
    }
}

} // namespace cd::cluster
