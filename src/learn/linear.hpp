// A score that is a sum over features: what a row's features add, each against the average row of the fit. So these are
// at once the contributions of the features to the score (linear SHAP: Lundberg and Lee 2017, corollary 1).
#pragma once
#include "dataset/dataset.hpp"

namespace cd::learn {

struct Linear {
    struct Effect {
        double slope = 0, mean = 0; // of a number: slope * (value - mean)
        double missing = 0;         // of what is missing, or of a category that no row of the fit had
        std::vector<double> level;  // of a category: by its code, level[0] is not used; empty for a number
        double importance = 0;      // standard deviation of the contribution over the rows of the fit
        double of(double value) const {
            if (!level.empty()) return value == 0 ? missing : level[static_cast<std::size_t>(value)];
            return dataset::is_missing(value) ? missing : slope * (value - mean);
        }
    };
    double base = 0; // the score of the average row
    std::vector<Effect> effects;

    double score(const double *features) const {
        double sum = base;
        for (std::size_t f = 0; f < effects.size(); ++f) sum += effects[f].of(features[f]);
        return sum;
    }
};

} // namespace cd::learn
