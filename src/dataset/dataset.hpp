// The design matrix that models are fitted from. Rows are kept in chunks, a chunk by columns, and a column of a chunk
// as narrow as what it holds: numbers in 4 bytes if no bit is lost, else in 8; codes of categories in 1, 2 or 4. A
// chunk has the same bytes in memory and when stored, so that whoever reads one need not know which it is.
#pragma once
#include "dataset/columns.hpp"
#include <limits>
#include <optional>

namespace cd::dataset {

// What a missing number is. Numbers that come in are finite.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();
inline bool is_missing(double value) { return value != value; }

inline constexpr std::size_t chunk_rows = 1024;

// Features first, then the label, the weight, and whose row it is, if there are such.
struct Shape {
    Columns columns;
    bool has_label = false, has_weight = false, has_customer = false;

    explicit Shape(std::pmr::memory_resource *memory) : columns(memory) {}
    std::size_t features() const { return columns.size() - has_label - has_weight - has_customer; }
    std::size_t label() const { return features(); }
    std::size_t weight() const { return features() + has_label; }
    std::size_t customer() const { return features() + has_label + has_weight; }
};

// What is kept of a customer, so that his rows are known to be of one person: a hash of his id, as text in UTF-8. It is
// the same in every dataset and on every machine. A whole number that a double holds, so the column is one of numbers;
// two of a million customers have the same one with a probability of 6e-5, and are then one customer.
double customer_of(std::string_view id);

[[noreturn]] void refuse_memory(std::size_t limit);

class View;

class Dataset {
  public:
    Dataset(std::pmr::memory_resource *memory, std::size_t limit);

    // Before the first row; again if the columns may have changed, which is refused. Names differ.
    void fit_shape(const Shape &shape);
    // The shape of unnamed features: f1, f2, ...
    void name_columns(std::size_t features, bool with_label, bool with_weight);
    bool has_shape() const { return shaped_; }
    const Shape &shape() const { return shape_; }

    // One value of the row that is being added, a number or a code; a row that is given up is simply begun again.
    void put(std::size_t column, double value) { put(row(), column, value); }
    // The same where many values are put: row() is where this row's stand.
    double *row() { return stage_.data() + staged_; }
    static void put(double *row, std::size_t column, double value) { row[column * stride] = value; }
    std::uint32_t code(std::size_t column, std::string_view value) {
        Levels &levels = shape_.columns[column].levels;
        const std::uint32_t known = levels.size(), code = levels.add(value);
        if (levels.size() != known) grow(value.size() + 4 * sizeof(std::size_t));
        return code;
    }
    void end_row() {
        if (++staged_ == chunk_rows) seal();
    }
    void skip() { ++skipped_; }

    std::uint64_t rows() const { return chunks_.size() * chunk_rows + staged_; }
    std::uint64_t skipped() const { return skipped_; }

    // Adds the rows of a flat dataset with the same columns.
    void merge(Bytes flat, Poll poll);
    // The same, only those rows for which `keep` is not 0, if it is not empty; categories have only their values.
    void add(const View &other, Poll poll, std::span<const std::uint8_t> keep = {});

    std::size_t flat_room() const;
    std::uint8_t *flatten(std::uint8_t *to, Poll poll = {}) const;
    std::size_t sealed_bytes() const { return sealed_bytes_; } // of its flat form, without the last rows and the names

  private:
    friend class View;
    // Columns of a staged chunk begin eight doubles further than a power of two: else they would meet in one place of
    // the cache.
    static constexpr std::size_t stride = chunk_rows + 8;
    void seal();
    void check_columns(std::size_t features, std::size_t columns) const;
    void grow(std::size_t bytes) {
        bytes_ += bytes;
        if (bytes_ > limit_) refuse_memory(limit_);
    }

    Shape shape_;
    bool shaped_ = false;
    std::pmr::vector<double> stage_; // the chunk that is being filled, by columns
    std::size_t staged_ = 0;
    std::pmr::vector<Bytes> chunks_; // in memory of the resource, all of chunk_rows
    std::size_t sealed_bytes_ = 0;
    std::size_t limit_, bytes_ = 0;
    std::uint64_t skipped_ = 0;
};

// A dataset to read, in whichever form it came; valid as long as that is, and not changed.
class View {
  public:
    explicit View(const Dataset &dataset);
    explicit View(Bytes flat, Poll poll = {}); // ours: not checked beyond its header
    View(View &&) = default;                   // a copy would look into the tail of the other one

    const Shape &shape() const { return own_ ? *own_ : *shape_; }
    std::uint64_t rows() const { return rows_; }
    std::uint64_t skipped() const { return skipped_; }
    std::size_t features() const { return shape().features(); }
    std::size_t bytes() const; // of the rows

    std::size_t chunks() const { return chunks_.size(); }
    // The rows of a chunk, read by columns.
    class Chunk {
      public:
        std::size_t rows() const { return rows_; }
        // Numbers, or codes, of one column; to[0], to[step], ...
        template <class T> void read(std::size_t column, T *to, std::size_t step = 1) const;

      private:
        friend class View;
        Chunk(Bytes bytes, std::size_t columns, std::size_t rows);
        const std::uint8_t *widths_;
        std::vector<const std::uint8_t *> begin_;
        std::size_t rows_;
    };
    Chunk chunk(std::size_t i) const;
    // Calls visit(first row, chunk) for all of them.
    template <class Visit> void each(Visit &&visit, Poll poll) const {
        for (std::size_t i = 0; i < chunks_.size(); ++i) {
            poll();
            visit(i * chunk_rows, chunk(i));
        }
    }
    // A whole column.
    template <class T> std::vector<T> column(std::size_t c, Poll poll) const {
        std::vector<T> all(rows_);
        each([&](std::size_t first, const Chunk &part) { part.read(c, all.data() + first); }, poll);
        return all;
    }

  private:
    std::optional<Shape> own_;     // of a flat one
    const Shape *shape_ = nullptr; // somebody else's
    std::uint64_t rows_, skipped_;
    std::vector<Bytes> chunks_;
    std::vector<std::uint8_t> tail_; // the chunk that was being filled
};

// Throws unless these, anybody's, bytes are a flat dataset. Text is not checked for its encoding.
void check(Bytes untrusted, Poll poll);

} // namespace cd::dataset
