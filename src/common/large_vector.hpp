// A vector of many rows that are read here and there. Where the system has large pages it is put into them: else most
// of the time goes into finding the small ones.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
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

    // From the system itself: what malloc gives may have been in use before, in small pages, and would stay in them.
    T *allocate(std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes < page) return static_cast<T *>(::operator new(bytes));
        const std::size_t whole = whole_pages(bytes), room = whole + page; // mappings begin at any small page
        void *const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        auto *const begin = static_cast<std::byte *>(mapped);
        const std::size_t before = (page - std::bit_cast<std::uintptr_t>(mapped) % page) % page;
        if (before > 0) munmap(begin, before);
        munmap(begin + before + whole, page - before);
#ifdef MADV_HUGEPAGE
        madvise(begin + before, whole, MADV_HUGEPAGE); // a wish: without, it works as well
#endif
        return static_cast<T *>(static_cast<void *>(begin + before));
    }
    void deallocate(T *memory, std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes < page)
            ::operator delete(memory);
        else
            munmap(memory, whole_pages(bytes));
    }

  private:
    static std::size_t whole_pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }
};

template <class T> using LargeVector = std::vector<T, LargePages<T>>;

} // namespace cd
