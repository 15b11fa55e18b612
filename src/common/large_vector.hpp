// A vector of many rows that are read here and there. Where the system has large pages it is put into them: else most
// of the time goes into finding the small ones.
#pragma once
#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace cd {

template <class T> struct LargePages {
    using value_type = T;
    static constexpr std::size_t page = std::size_t{1} << 21;

    LargePages() = default;
    template <class U> constexpr LargePages(const LargePages<U> &) {}
    bool operator==(const LargePages &) const = default;

    T *allocate(std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes < page) return static_cast<T *>(::operator new(bytes));
        void *const memory = ::operator new(bytes, std::align_val_t(page));
#ifdef MADV_HUGEPAGE
        madvise(memory, bytes, MADV_HUGEPAGE); // a wish: without, it works as well
#endif
        return static_cast<T *>(memory);
    }
    void deallocate(T *memory, std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes < page)
            ::operator delete(memory);
        else
            ::operator delete(memory, std::align_val_t(page));
    }
};

template <class T> using LargeVector = std::vector<T, LargePages<T>>;

} // namespace cd
