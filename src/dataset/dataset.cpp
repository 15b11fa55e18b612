#include "dataset/dataset.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <bit>
#include <cmath>

namespace cd::dataset {

namespace {

constexpr const char *type = "dataset";
constexpr std::uint8_t version = 1;
enum Flags : std::uint8_t { with_label = 1, with_weight = 2, with_customer = 4, all_flags = 7 };

// How a column of a chunk is kept: the number of bytes of a value, and whether it is a code.
enum Width : std::uint8_t { code1 = 1, code2 = 2, code4 = 4, float4 = 0x14, float8 = 0x18 };
constexpr std::size_t bytes_of(std::uint8_t width) { return width & 0xf; }

// Two values are the same, or both are missing.
bool survives(double value, double narrow) { return narrow == value || is_missing(value); }

Width narrowest(const Column &column, const double *values, std::size_t n) {
    if (column.is_category()) {
        const double largest = *std::max_element(values, values + n);
        return largest <= UINT8_MAX ? code1 : largest <= UINT16_MAX ? code2 : code4;
    }
    const auto narrow = [](double v) { return survives(v, static_cast<double>(static_cast<float>(v))); };
    return std::all_of(values, values + n, narrow) ? float4 : float8;
}

template <class T> std::uint8_t *put_values(const double *values, std::size_t n, std::uint8_t *to) {
    for (std::size_t i = 0; i < n; ++i) to = put_fixed(to, static_cast<T>(values[i]));
    return to;
}
std::uint8_t *put_values(std::uint8_t width, const double *values, std::size_t n, std::uint8_t *to) {
    switch (width) {
    case code1: return put_values<std::uint8_t>(values, n, to);
    case code2: return put_values<std::uint16_t>(values, n, to);
    case code4: return put_values<std::uint32_t>(values, n, to);
    case float4: return put_values<float>(values, n, to);
    default: std::memcpy(to, values, n * sizeof(double)); return to + n * sizeof(double);
    }
}

// A chunk of n rows, which stand by columns, `stride` apart: the widths of all columns, then their values.
std::size_t chunk_size(const std::uint8_t *widths, std::size_t columns, std::size_t n) {
    std::size_t size = columns;
    for (std::size_t c = 0; c < columns; ++c) size += bytes_of(widths[c]) * n;
    return size;
}
std::vector<std::uint8_t> widths_of(const Columns &columns, const double *stage, std::size_t stride, std::size_t n) {
    std::vector<std::uint8_t> widths(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) widths[c] = narrowest(columns[c], stage + c * stride, n);
    return widths;
}
std::uint8_t *put_chunk(const std::vector<std::uint8_t> &widths, const double *stage, std::size_t stride, std::size_t n,
                        std::uint8_t *to) {
    to = std::copy(widths.begin(), widths.end(), to);
    for (std::size_t c = 0; c < widths.size(); ++c) to = put_values(widths[c], stage + c * stride, n, to);
    return to;
}

constexpr int hash_bits = std::numeric_limits<double>::digits;
bool is_hash(double value) {
    return value >= 0 && !std::signbit(value) && value < std::ldexp(1.0, hash_bits) && value == std::floor(value);
}

// What stands before the chunks.
struct Header {
    std::uint64_t rows, skipped;
};
Header read_header(Reader &reader, Shape &shape, Poll poll) {
    reader.version(version);
    const auto flags = reader.fixed<std::uint8_t>();
    reader.require((flags & ~all_flags) == 0, "A flag is unknown.");
    shape.has_label = flags & with_label;
    shape.has_weight = flags & with_weight;
    shape.has_customer = flags & with_customer;
    read_columns(reader, shape.columns, poll);
    const std::size_t others = std::size_t{shape.has_label} + shape.has_weight + shape.has_customer;
    reader.require(shape.columns.size() > others || (shape.columns.empty() && flags == 0), "It has too few columns.");
    for (std::size_t c = shape.columns.size() - others; c < shape.columns.size(); ++c)
        reader.require(!shape.columns[c].is_category(), "Its label, weight or customer is no number.");
    const std::uint64_t rows = reader.varint(), skipped = reader.varint();
    reader.require(rows == 0 || !shape.columns.empty(), "It has rows, but no columns.");
    return {rows, skipped};
}

} // namespace

double customer_of(std::string_view id) {
    const auto *const bytes = reinterpret_cast<const std::uint8_t *>(id.data());
    return static_cast<double>(math::hash(Bytes(bytes, id.size()), id.size()) >> (64 - hash_bits));
}

void refuse_memory(std::size_t limit) {
    throw Error(sqlstate::program_limit, "dataset is too large",
                "It would take more than " + std::to_string(limit / 1024) + " kB of memory.",
                "Raise customer_data.max_dataset_memory, leave columns out, or fit from a sample of the rows.");
}

Dataset::Dataset(std::pmr::memory_resource *memory, std::size_t limit)
    : shape_(memory), stage_(memory), chunks_(memory), limit_(limit) {}

namespace {

[[noreturn]] void refuse_shape(const std::string &detail) {
    throw Error(sqlstate::invalid_parameter, "datasets have different columns", detail,
                "Datasets that are put together need the same columns, in the same order, with the same label, weight "
                "and customer.");
}

void check_same(const Shape &ours, const Shape &theirs) {
    if (ours.has_label != theirs.has_label || ours.has_weight != theirs.has_weight ||
        ours.has_customer != theirs.has_customer)
        refuse_shape("Only one of them has a label, or a weight, or names the customer.");
    if (ours.columns.size() != theirs.columns.size())
        refuse_shape("One has " + std::to_string(ours.columns.size()) + " columns, the other one " +
                     std::to_string(theirs.columns.size()) + ".");
    for (std::size_t c = 0; c < ours.columns.size(); ++c) {
        const Column &a = ours.columns[c], &b = theirs.columns[c];
        if (a.name == b.name && a.kind == b.kind) continue;
        const auto told = [](const Column &column) {
            return "\"" + std::string(column.name) + (column.is_category() ? "\" (categorical)" : "\" (numeric)");
        };
        refuse_shape("Column " + std::to_string(c + 1) + " is " + told(a) + " in one and " + told(b) +
                     " in the other.");
    }
}

} // namespace

void Dataset::fit_shape(const Shape &shape) {
    if (shaped_) return check_same(shape_, shape);
    check_columns(shape.features(), shape.columns.size());
    // Not the values of categories: they come with the rows, and count as memory then.
    for (const Column &column : shape.columns) shape_.columns.emplace_back(column.name, column.kind);
    shape_.has_label = shape.has_label;
    shape_.has_weight = shape.has_weight;
    shape_.has_customer = shape.has_customer;
    shaped_ = true;
    grow(sizeof(double) * stride * shape_.columns.size());
    stage_.resize(stride * shape_.columns.size());
}

void Dataset::check_columns(std::size_t features, std::size_t columns) const {
    if (features == 0)
        throw Error(sqlstate::invalid_parameter, "a dataset needs at least one feature",
                    "The rows have none besides label, weight, customer and ignored columns.",
                    "Add a column to the rows.");
    if (columns > max_columns)
        throw Error(sqlstate::program_limit, "too many columns for a dataset",
                    "There are " + std::to_string(columns) + ", the limit is " + std::to_string(max_columns) + ".",
                    "Leave columns out.");
}

void Dataset::name_columns(std::size_t features, bool with_label, bool with_weight) {
    check_columns(features, features + std::size_t{with_label} + with_weight);
    Shape shape(shape_.columns.get_allocator().resource());
    const auto add = [&shape](std::string_view name) { shape.columns.emplace_back(name, Kind::number); };
    for (std::size_t i = 1; i <= features; ++i) add("f" + std::to_string(i));
    if (with_label) add("label");
    if (with_weight) add("weight");
    shape.has_label = with_label;
    shape.has_weight = with_weight;
    fit_shape(shape);
}

void Dataset::seal() {
    const std::vector<std::uint8_t> widths = widths_of(shape_.columns, stage_.data(), stride, staged_);
    const std::size_t size = chunk_size(widths.data(), widths.size(), staged_);
    grow(size);
    auto *const chunk = static_cast<std::uint8_t *>(chunks_.get_allocator().resource()->allocate(size, 8));
    put_chunk(widths, stage_.data(), stride, staged_, chunk);
    chunks_.emplace_back(chunk, size);
    sealed_bytes_ += size;
    staged_ = 0;
}

std::size_t Dataset::flat_room() const {
    std::size_t room = 2 + columns_room(shape_.columns) + 2 * max_varint;
    room += shape_.columns.size() * (1 + staged_ * sizeof(double));
    return room + sealed_bytes_;
}

std::uint8_t *Dataset::flatten(std::uint8_t *to, Poll poll) const {
    *to++ = version;
    *to++ = static_cast<std::uint8_t>((shape_.has_label ? with_label : 0) | (shape_.has_weight ? with_weight : 0) |
                                      (shape_.has_customer ? with_customer : 0));
    to = put_columns(shape_.columns, to);
    to = put_varint(to, rows());
    to = put_varint(to, skipped_);
    for (const Bytes chunk : chunks_) {
        poll();
        std::memcpy(to, chunk.data(), chunk.size());
        to += chunk.size();
    }
    if (staged_ == 0) return to;
    return put_chunk(widths_of(shape_.columns, stage_.data(), stride, staged_), stage_.data(), stride, staged_, to);
}

void Dataset::merge(Bytes flat, Poll poll) {
    const View other(flat, poll);
    skipped_ += other.skipped();
    if (!other.shape().columns.empty()) add(other, poll);
}

void Dataset::add(const View &other, Poll poll, std::span<const std::uint8_t> keep) {
    fit_shape(other.shape());
    const std::size_t columns = shape_.columns.size();
    // Codes of theirs as ours: all in their order, or if rows are left out, as they come.
    std::vector<std::vector<std::uint32_t>> codes(columns);
    for (std::size_t c = 0; c < columns; ++c) {
        const Levels &levels = other.shape().columns[c].levels;
        codes[c].resize(levels.size() + 1U);
        for (std::uint32_t theirs = 1; keep.empty() && theirs <= levels.size(); ++theirs) {
            poll.every(theirs);
            codes[c][theirs] = code(c, levels[theirs]);
        }
    }
    std::vector<double> values(columns * chunk_rows);
    other.each(
        [&](std::size_t first, const View::Chunk &chunk) {
            const auto kept = [&keep, first](std::size_t i) { return keep.empty() || keep[first + i] != 0; };
            for (std::size_t c = 0; c < columns; ++c) {
                double *const column = values.data() + c * chunk_rows;
                chunk.read(c, column);
                if (!shape_.columns[c].is_category()) continue;
                for (std::size_t i = 0; i < chunk.rows(); ++i) {
                    const auto theirs = static_cast<std::uint32_t>(column[i]);
                    if (theirs == 0 || !kept(i)) continue;
                    std::uint32_t &ours = codes[c][theirs];
                    if (ours == 0) ours = code(c, other.shape().columns[c].levels[theirs]);
                    column[i] = ours;
                }
            }
            for (std::size_t i = 0; i < chunk.rows(); ++i) {
                if (!kept(i)) continue;
                for (std::size_t c = 0; c < columns; ++c) put(c, values[c * chunk_rows + i]);
                end_row();
            }
        },
        poll);
}

View::View(const Dataset &dataset)
    : shape_(&dataset.shape()), rows_(dataset.rows()), skipped_(dataset.skipped()),
      chunks_(dataset.chunks_.begin(), dataset.chunks_.end()) {
    const std::size_t n = dataset.staged_;
    if (n == 0) return;
    const auto widths = widths_of(shape_->columns, dataset.stage_.data(), Dataset::stride, n);
    tail_.resize(chunk_size(widths.data(), widths.size(), n));
    put_chunk(widths, dataset.stage_.data(), Dataset::stride, n, tail_.data());
    chunks_.emplace_back(tail_.data(), tail_.size());
}

View::View(Bytes flat, Poll poll) : own_(std::in_place, std::pmr::get_default_resource()) {
    Reader reader(flat, type);
    const Header header = read_header(reader, *own_, poll);
    rows_ = header.rows;
    skipped_ = header.skipped;
    const std::size_t columns = own_->columns.size();
    for (std::uint64_t first = 0; first < rows_; first += chunk_rows) {
        const std::size_t n = std::min<std::uint64_t>(chunk_rows, rows_ - first);
        reader.require(reader.left() >= columns, "It ends too early.");
        chunks_.push_back(reader.take(chunk_size(reader.position(), columns, n)));
    }
    reader.end();
}

std::size_t View::bytes() const {
    std::size_t sum = 0;
    for (const Bytes chunk : chunks_) sum += chunk.size();
    return sum;
}

View::Chunk::Chunk(Bytes bytes, std::size_t columns, std::size_t rows) : widths_(bytes.data()), rows_(rows) {
    begin_.reserve(columns);
    const std::uint8_t *at = widths_ + columns;
    for (std::size_t c = 0; c < columns; ++c) {
        begin_.push_back(at);
        at += bytes_of(widths_[c]) * rows;
    }
}

View::Chunk View::chunk(std::size_t i) const {
    return {chunks_[i], shape().columns.size(), std::min<std::uint64_t>(chunk_rows, rows_ - i * chunk_rows)};
}

namespace {

template <class Stored, class T> void read_as(const std::uint8_t *from, std::size_t n, T *to, std::size_t step) {
    for (std::size_t i = 0; i < n; ++i) {
        Stored value;
        std::memcpy(&value, from + i * sizeof value, sizeof value);
        to[i * step] = static_cast<T>(value);
    }
}

} // namespace

template <class T> void View::Chunk::read(std::size_t column, T *to, std::size_t step) const {
    const std::uint8_t *const from = begin_[column];
    switch (widths_[column]) {
    case code1: return read_as<std::uint8_t>(from, rows_, to, step);
    case code2: return read_as<std::uint16_t>(from, rows_, to, step);
    case code4: return read_as<std::uint32_t>(from, rows_, to, step);
    case float4: return read_as<float>(from, rows_, to, step);
    default: return read_as<double>(from, rows_, to, step);
    }
}
template void View::Chunk::read(std::size_t, double *, std::size_t) const;
template void View::Chunk::read(std::size_t, std::uint32_t *, std::size_t) const;

void check(Bytes untrusted, Poll poll) {
    Reader reader(untrusted, type);
    Shape shape(std::pmr::get_default_resource());
    const Header header = read_header(reader, shape, poll);
    const Columns &columns = shape.columns;
    const auto is_customer = [&shape](std::size_t c) { return shape.has_customer && c == shape.customer(); };
    std::vector<double> values(chunk_rows);
    std::vector<std::uint8_t> again(chunk_rows * sizeof(double));
    for (std::uint64_t first = 0; first < header.rows; first += chunk_rows) {
        poll();
        const std::size_t n = std::min<std::uint64_t>(chunk_rows, header.rows - first);
        const Bytes widths = reader.take(columns.size());
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const std::uint8_t width = widths[c];
            const bool is_code = width == code1 || width == code2 || width == code4;
            reader.require(is_code ? columns[c].is_category()
                                   : (width == float4 || width == float8) && !columns[c].is_category(),
                           "A column has an unknown width.");
            const Bytes stored = reader.take(bytes_of(width) * n);
            switch (width) {
            case code1: read_as<std::uint8_t>(stored.data(), n, values.data(), 1); break;
            case code2: read_as<std::uint16_t>(stored.data(), n, values.data(), 1); break;
            case code4: read_as<std::uint32_t>(stored.data(), n, values.data(), 1); break;
            case float4: read_as<float>(stored.data(), n, values.data(), 1); break;
            default: read_as<double>(stored.data(), n, values.data(), 1);
            }
            for (std::size_t i = 0; i < n; ++i) {
                if (is_code)
                    reader.require(values[i] <= columns[c].levels.size(), "A value is of no known category.");
                else if (is_missing(values[i])) {
                    reader.require(c < shape.features() || is_customer(c), "A label or weight is missing.");
                    values[i] = missing;
                } else
                    reader.require(std::isfinite(values[i]), "A number is infinite.");
                reader.require(!shape.has_weight || c != shape.weight() || values[i] > 0, "A weight is not positive.");
                reader.require(!is_customer(c) || is_missing(values[i]) || is_hash(values[i]),
                               "A customer is no hash.");
            }
            reader.require(narrowest(columns[c], values.data(), n) == width, "A column is wider than it need be.");
            put_values(width, values.data(), n, again.data());
            reader.require(std::equal(stored.begin(), stored.end(), again.begin()), "A missing number has other bits.");
        }
    }
    reader.end();
}

} // namespace cd::dataset
