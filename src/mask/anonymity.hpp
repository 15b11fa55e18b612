// How well rows hide among each other: classes of rows with equal quasi-identifiers, and how often each sensitive value
// occurs in them. Mergeable, and exact in any order.
#pragma once
#include "common/archive.hpp"
#include "mask/interned.hpp"
#include <optional>
#include <span>
#include <string>

namespace cd::mask {

// A value, or NULL, which is a value of its own: whoever reads a published table sees it like any other.
using Field = std::optional<std::string_view>;

// How far sensitive values are from each other: all alike, or in their order as numbers or bytes.
enum class Distance { equal, number, text };
Distance distance_of(std::string_view name);

enum class Diversity { distinct, entropy };
Diversity diversity_of(std::string_view name);

// A class by itself. l_entropy and t as the functions below say.
struct Class {
    std::uint32_t number;
    std::uint64_t rows;
    std::uint32_t values; // distinct sensitive ones
    double l_entropy, t;
};

class Anonymity {
  public:
    Anonymity(std::pmr::memory_resource *memory, std::size_t limit, std::uint64_t seed, Poll poll)
        : limit_(limit), poll_(poll), key_(memory), classes_(memory, seed, poll), values_(memory, seed, poll),
          class_rows_(memory), class_values_(memory), value_rows_(memory), pairs_(memory, seed, poll) {}

    // A row: how many quasi-identifiers, each of them, and what is sensitive.
    void begin_row(std::size_t quasi_identifiers);
    void quasi_identifier(const Field &field) { put(field); }
    void end_row(const Field &sensitive);
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    std::uint64_t rows() const { return rows_; }
    std::size_t classes() const { return classes_.size(); }
    std::size_t values() const { return values_.size(); }
    std::size_t quasi_identifiers() const { return columns_; }
    std::uint64_t unique_rows() const; // alone in their class

    // Of a summary with rows. The number of rows of the smallest class (Samarati and Sweeney 1998).
    std::uint64_t k_anonymity() const;
    // The least of all classes (Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, l-Diversity, ACM TKDD 1, 2007,
    // section 4): of distinct sensitive values, or exp(H) with the entropy H = - sum over values of p ln p.
    double l_diversity(Diversity) const;
    // The largest of all classes (Li, Li, Venkatasubramanian, t-Closeness, ICDE 2007, section 4): the earth mover's
    // distance between the shares p of sensitive values in the class and q in all rows; sum of |p - q| / 2 with equal
    // distances, and with m values in order, the sum of |P - Q| / (m - 1) with the cumulated shares P and Q.
    double t_closeness(Distance) const;
    // The smallest classes, at most `n` of at most so many rows; of as many rows, in the order of their bytes.
    std::vector<Class> smallest(std::size_t n, std::uint64_t at_most) const;
    // All of the numbers above together.
    struct Risk {
        std::uint64_t k;
        double l_distinct, l_entropy, t;
    };
    Risk risk() const;

    // Calls visit(field) for the quasi-identifiers of a class.
    template <class Visit> void each_field(std::uint32_t number, Visit &&visit) const {
        Reader in(bytes_of(classes_[number]), type);
        for (std::size_t i = 0; i < columns_; ++i) visit(get(in));
    }
    template <class Visit> void each_value(Visit &&visit) const {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            poll_.every(i);
            Reader in(bytes_of(values_[i]), type);
            visit(get(in));
        }
    }

    // The stored form, written where allocate(size) says.
    template <class Allocate> Bytes flatten(Allocate &&allocate) const {
        const Sorted sorted = sort();
        Measure measure;
        write(measure, sorted);
        if (measure.size > limit_) refuse_size(type, measure.size, limit_);
        std::uint8_t *const to = allocate(measure.size);
        Put put_to(to);
        write(put_to, sorted);
        return {to, measure.size};
    }

    static constexpr const char *type = "anonymity_summary";
    // While it is gathered it takes no more memory than so many times the limit of its stored form.
    static constexpr std::size_t memory_factor = 4, least_memory = 1 << 20;
    static constexpr std::size_t max_key = std::size_t{1} << 30;
    static constexpr std::size_t max_columns = 1600; // of a table
    static constexpr std::uint64_t max_rows = std::uint64_t{1} << 48;
    static constexpr std::size_t max_values = std::size_t{1} << 30; // products of three such numbers fit into 128 bits

  private:
    struct Count {
        std::uint32_t value;
        std::uint64_t rows;
    };
    // The pairs by class: those of class i stand from start[i] to start[i + 1].
    struct Grouped {
        std::vector<std::uint64_t> start;
        std::vector<Count> counts;
        std::span<Count> of(std::size_t i) { return {counts.data() + start[i], counts.data() + start[i + 1]}; }
        std::span<const Count> of(std::size_t i) const {
            return {counts.data() + start[i], counts.data() + start[i + 1]};
        }
    };
    // Classes and values in the order of their bytes; in `grouped`, values are places in that order.
    struct Sorted {
        std::vector<std::uint32_t> classes, values;
        Grouped grouped;
    };
    // Sensitive values in an order, with the cumulated rows of the table.
    struct Order;

    static Bytes bytes_of(std::string_view text) {
        return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
    }
    static Field get(Reader &in);
    static std::uint64_t checked_rows(std::uint64_t more, std::uint64_t before);
    void put(const Field &field);
    std::string_view key() const { return {key_.data(), key_.size()}; }
    void set_columns(std::size_t columns);
    void count(std::uint32_t class_number, std::uint32_t value, std::uint64_t rows);
    std::uint32_t class_number(std::string_view key);
    std::uint32_t value_number(std::string_view key);
    void check_size() const;

    Grouped group() const;
    Sorted sort() const;
    Order order(Distance) const;
    double t_equal(std::span<const Count>, std::uint64_t rows) const;
    double t_ordered(std::span<Count>, std::uint64_t rows, const Order &) const;
    static double entropy(std::span<Count>, std::uint64_t rows);
    template <class Out> void write(Out &out, const Sorted &sorted) const;

    std::size_t limit_;
    Poll poll_;
    std::size_t columns_ = 0; // 0 while there are no rows
    std::uint64_t rows_ = 0;
    std::pmr::vector<char> key_; // of the row at hand: each field as 0 for NULL, or its length and 1, and its bytes
    Interned classes_, values_;
    std::pmr::vector<std::uint64_t> class_rows_;
    std::pmr::vector<std::uint32_t> class_values_;
    std::pmr::vector<std::uint64_t> value_rows_;
    PairCounts pairs_;
};

} // namespace cd::mask
