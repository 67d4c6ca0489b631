namespace Sam2.Fuzz;

/// <summary>Something that reads what others wrote.</summary>
/// <param name="Name">Its name on the command line, and the name of its folder in <c>Seeds</c> and <c>Corpus</c>.</param>
/// <param name="FileName">What the file is called that an input is written to; some readers look at its ending.</param>
/// <param name="Try">Reads a file as users' commands do. It gets the file's path, and the bytes once more.</param>
/// <param name="Allowed">The exceptions that its documentation names.</param>
public sealed record FuzzTarget(string Name, string FileName, Action<string, byte[]> Try, params Type[] Allowed)
{
    /// <summary>What it reads, in a few words.</summary>
    public required string What { get; init; }

    /// <summary>Makes inputs out of the seeds; by default it changes bytes.</summary>
    public IReadOnlyList<IInputMaker> Makers { get; init; } = [new ByteMutator()];

    /// <summary>More inputs to begin with, besides those in the folder of seeds.</summary>
    public Func<IEnumerable<string>> Examples { get; init; } = () => [];

    /// <summary>Words that mean something to the reader, which are put into inputs.</summary>
    public IReadOnlyList<byte[]> Tokens { get; init; } = [];

    /// <summary>No input is longer, in bytes.</summary>
    public int LongestInput { get; init; } = 1 << 14;

    /// <summary>How many inputs the project wants at least: 10⁶ of a text format, 10⁵ of a media format.</summary>
    public long Wanted { get; init; } = 1_000_000;

    /// <summary>How many bytes of managed memory reading an input may allocate, however long it is.</summary>
    public long AllocationBase { get; init; } = 16 << 20;

    /// <summary>How many bytes it may allocate besides, for each byte of the input.</summary>
    public long AllocationPerByte { get; init; } = 1_000;

    /// <summary>The most memory that the process may occupy at any time, native memory included, in bytes.</summary>
    public long MostResident { get; init; } = 768L << 20;

    /// <summary>Whether reading goes on in other threads or processes, whose allocations count too.</summary>
    public bool UsesThreads { get; init; }

    /// <summary>How much an input may allocate.</summary>
    public long MostAllocated(int length) => AllocationBase + (AllocationPerByte * length);

    /// <summary>How long a short input may take.</summary>
    public TimeSpan LeastPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an input may take: a second per megabyte, and never less than <see cref="LeastPatience"/>.</summary>
    public TimeSpan Patience(int length) => TimeSpan.FromSeconds(Math.Max(LeastPatience.TotalSeconds, length / 1e6));

    /// <summary>Whether an exception is one that the documentation names.</summary>
    public bool Allows(Exception e) => Allowed.Contains(e.GetType());
}

/// <summary>Makes an input out of a target's seeds.</summary>
public interface IInputMaker
{
    /// <summary>Makes an input.</summary>
    /// <param name="target">Whom it is for.</param>
    /// <param name="seeds">Files of its format; at least one.</param>
    /// <param name="random">Decides everything.</param>
    byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random);
}
