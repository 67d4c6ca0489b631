using System.IO.MemoryMappedFiles;

namespace Sam2.Fuzz;

/// <summary>
/// Numbers of a run in a file that two processes share, so that what is known of it survives the process that reads inputs.
/// </summary>
public sealed class FuzzProgress : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Opens or creates the file.</summary>
    public FuzzProgress(string path)
    {
        const int Size = 4096;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Size);
        _view = _file.CreateViewAccessor(0, Size);
    }

    /// <summary>The number of the input that is being tried.</summary>
    public long Trying { get => _view.ReadInt64(0); set => _view.Write(0, value); }

    /// <summary>How many inputs were tried to the end.</summary>
    public long Done { get => _view.ReadInt64(8); set => _view.Write(8, value); }

    /// <summary>How many of these were read without an exception.</summary>
    public long Accepted { get => _view.ReadInt64(16); set => _view.Write(16, value); }

    /// <summary>The longest time that an input took, in microseconds.</summary>
    public long WorstTime { get => _view.ReadInt64(24); set => _view.Write(24, value); }

    /// <summary>The number of that input.</summary>
    public long Slowest { get => _view.ReadInt64(32); set => _view.Write(32, value); }

    /// <summary>The most managed memory that an input allocated, in bytes.</summary>
    public long WorstAllocation { get => _view.ReadInt64(40); set => _view.Write(40, value); }

    /// <summary>The number of that input.</summary>
    public long Largest { get => _view.ReadInt64(48); set => _view.Write(48, value); }

    /// <summary>The most memory that the process occupied, in bytes.</summary>
    public long Resident { get => _view.ReadInt64(56); set => _view.Write(56, value); }

    /// <summary>How many inputs were at fault.</summary>
    public long Faults { get => _view.ReadInt64(64); set => _view.Write(64, value); }

    /// <summary>All of them.</summary>
    public FuzzCounts Counts => new(Done, Accepted, WorstTime, Slowest, WorstAllocation, Largest, Resident, Faults);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>What became of inputs: as <see cref="FuzzProgress"/> has it.</summary>
public sealed record FuzzCounts(long Done, long Accepted, long WorstTime, long Slowest, long WorstAllocation, long Largest, long Resident, long Faults)
{
    /// <summary>That of the inputs of two processes; memory is that of the larger one.</summary>
    public static FuzzCounts Sum(FuzzCounts a, FuzzCounts b)
    {
        var (slower, larger) = (b.WorstTime > a.WorstTime ? b : a, b.WorstAllocation > a.WorstAllocation ? b : a);
        return new(
            a.Done + b.Done, a.Accepted + b.Accepted, slower.WorstTime, slower.Slowest, larger.WorstAllocation, larger.Largest, Math.Max(a.Resident, b.Resident), a.Faults + b.Faults);
    }
}
