#include "segment/segment_profile.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::segment {

namespace {

std::vector<bool> members_of(const dataset::View &view, Poll poll) {
    // Without a row there are no names either, nor which of them is the label.
    if (view.rows() == 0)
        throw Error(sqlstate::invalid_parameter, "the dataset has no rows", "A segment is compared with all rows.",
                    "Give dataset_agg the members and everybody else.");
    if (!view.shape().has_label)
        throw Error(sqlstate::invalid_parameter, "the dataset has no label", "The label says who is a member.",
                    "Name a boolean column as the label: dataset_agg(f, 'member').");
    if (view.shape().has_weight)
        throw Error(sqlstate::invalid_parameter, "the profile of a segment takes no weights", "The dataset has some.",
                    "Leave the weight out of dataset_agg.");
    const std::vector<double> label = view.column<double>(view.shape().label(), poll);
    std::vector<bool> members(label.size());
    for (std::size_t i = 0; i < label.size(); ++i) {
        poll.every(i);
        if (label[i] != 0 && label[i] != 1)
            throw Error(sqlstate::invalid_parameter, "a member is neither true nor false",
                        "The label of row " + std::to_string(i + 1) + " is " + std::to_string(label[i]) + ".",
                        "Give a boolean column as the label.");
        members[i] = label[i] == 1;
    }
    return members;
}

// Of n drawn from N with this mean and sample variance of all.
void compare(Contrast &contrast, double drawn, double all, double variance) {
    if (!contrast.members || !contrast.base) return;
    if (*contrast.base > 0) contrast.index = 100 * *contrast.members / *contrast.base;
    const double error = std::sqrt(variance * (1 / drawn) * (1 - drawn / all));
    if (error > 0 && std::isfinite(error)) contrast.z = (*contrast.members - *contrast.base) / error;
}

Contrast number(const std::vector<double> &values, const std::vector<bool> &members, Poll poll) {
    math::Sum all, drawn;
    double n = 0, of_members = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        if (dataset::is_missing(values[i])) continue;
        ++n;
        all.add(values[i]);
        if (!members[i]) continue;
        ++of_members;
        drawn.add(values[i]);
    }
    Contrast contrast{};
    if (n > 0) contrast.base = all.value() / n;
    if (of_members > 0) contrast.members = drawn.value() / of_members;
    double squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        if (!dataset::is_missing(values[i])) squares += (values[i] - *contrast.base) * (values[i] - *contrast.base);
    }
    if (n > 1) compare(contrast, of_members, n, squares / (n - 1));
    return contrast;
}

void add_levels(std::vector<Contrast> &contrasts, std::size_t feature, const dataset::Column &column,
                const std::vector<double> &codes, const std::vector<bool> &members, Poll poll) {
    std::vector<double> all(column.levels.size() + 1), drawn(all.size());
    double of_members = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        poll.every(i);
        const auto level = static_cast<std::size_t>(codes[i]);
        ++all[level];
        drawn[level] += members[i];
        of_members += members[i];
    }
    const auto n = static_cast<double>(codes.size());
    const std::size_t first = contrasts.size();
    for (std::uint32_t level = 0; level < all.size(); ++level) {
        if (all[level] == 0) continue;
        Contrast contrast{};
        contrast.feature = feature;
        contrast.level = level;
        const double share = all[level] / n;
        contrast.base = share;
        if (of_members > 0) contrast.members = drawn[level] / of_members;
        if (n > 1) compare(contrast, of_members, n, share * (1 - share) * n / (n - 1));
        contrasts.push_back(contrast);
    }
    std::stable_sort(contrasts.begin() + static_cast<std::ptrdiff_t>(first), contrasts.end(),
                     [](const Contrast &a, const Contrast &b) { return *a.base > *b.base; });
}

} // namespace

std::vector<Contrast> contrasts(const dataset::View &view, Poll poll) {
    const std::vector<bool> members = members_of(view, poll);
    std::vector<Contrast> found;
    for (std::size_t feature = 0; feature < view.features(); ++feature) {
        const dataset::Column &column = view.shape().columns[feature];
        const std::vector<double> values = view.column<double>(feature, poll);
        if (column.is_category()) {
            add_levels(found, feature, column, values, members, poll);
        } else {
            found.push_back(number(values, members, poll));
            found.back().feature = feature;
        }
    }
    return found;
}

} // namespace cd::segment
