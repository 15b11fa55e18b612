// Small tables as datasets, for the tests of what learns from them.
#pragma once
#include "learn/inputs.hpp"
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cd::test {

class Labelled {
  public:
    // Columns in the order of the calls; all have as many rows. A missing number is dataset::missing, a missing
    // category is "?".
    Labelled &number(std::string name, std::vector<double> values) {
        columns_.push_back({std::move(name), std::move(values), {}});
        return *this;
    }
    Labelled &category(std::string name, std::vector<std::string> values) {
        columns_.push_back({std::move(name), {}, std::move(values)});
        return *this;
    }
    Labelled &label(std::vector<double> values) {
        label_ = std::move(values);
        return *this;
    }
    Labelled &weight(std::vector<double> values) {
        weight_ = std::move(values);
        return *this;
    }

    // Valid until the next call.
    dataset::View view() {
        owned_ = std::make_shared<Owned>();
        dataset::Dataset &set = owned_->set;
        dataset::Shape shape(std::pmr::new_delete_resource());
        const auto add = [&shape](std::string_view name, bool is_number) {
            shape.columns.emplace_back(name, is_number ? dataset::Kind::number : dataset::Kind::category);
        };
        for (const Column &column : columns_) add(column.name, column.text.empty());
        shape.has_label = !label_.empty();
        shape.has_weight = !weight_.empty();
        if (shape.has_label) add("label", true);
        if (shape.has_weight) add("weight", true);
        set.fit_shape(shape);
        for (std::size_t i = 0; i < rows(); ++i) {
            std::size_t c = 0;
            for (const Column &column : columns_) {
                if (column.text.empty())
                    set.put(c, column.number[i]);
                else
                    set.put(c, column.text[i] == "?" ? 0 : set.code(c, column.text[i]));
                ++c;
            }
            if (shape.has_label) set.put(c++, label_[i]);
            if (shape.has_weight) set.put(c, weight_[i]);
            set.end_row();
        }
        return dataset::View(set);
    }

    std::size_t rows() const {
        if (!label_.empty()) return label_.size();
        return columns_[0].text.empty() ? columns_[0].number.size() : columns_[0].text.size();
    }

  private:
    struct Column {
        std::string name;
        std::vector<double> number;
        std::vector<std::string> text;
    };
    struct Owned {
        std::pmr::monotonic_buffer_resource memory;
        dataset::Dataset set{&memory, SIZE_MAX};
    };
    std::vector<Column> columns_;
    std::vector<double> label_, weight_;
    std::shared_ptr<Owned> owned_; // shared, so that tables can be copied
};

} // namespace cd::test
