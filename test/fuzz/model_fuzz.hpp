// What the fuzzers of models have in common.
#pragma once
#include "common/json.hpp"
#include "dataset/dataset.hpp"
#include <cmath>
#include <cstdlib>

namespace cd::test {

// Uses a model, if the bytes are one, on rows of ordinary, missing, first, last and absurd values.
template <class M, class Use> void fuzz_model(Bytes input, Use use) {
    try {
        M model(input);
        std::vector<std::uint8_t> again(model.room());
        const std::uint8_t *const end = model.put(again.data());
        if (static_cast<std::size_t>(end - again.data()) != input.size() ||
            std::memcmp(again.data(), input.data(), input.size()) != 0)
            std::abort();
        for (const double number : {1.5, dataset::missing, -1e308, 1e308, 5e-324}) {
            std::vector<double> features;
            for (const dataset::Column &column : model.columns())
                features.push_back(column.is_category() ? (number > 1 ? column.levels.size() : 0) : number);
            try {
                use(model, features.data());
            } catch (const Error &) { // of a row whose numbers are too large
            }
        }
        Json json;
        model.tell(json, {});
    } catch (const Error &) {
    }
}

} // namespace cd::test
