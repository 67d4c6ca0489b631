using System.Text.Json.Serialization;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// What is known of an object of a session, without its tensors, which are stored beside it by name. A session that restores it goes on
/// as the one that saved it does, provided that a memory policy with state of its own implements <see cref="IStatefulMemoryPolicy"/>.
/// </summary>
/// <param name="Id">The caller's name of the object.</param>
/// <param name="Conditioning">Remembered conditioning frames, in order of arrival.</param>
/// <param name="Others">Other frames that are remembered.</param>
/// <param name="Tracked">Which frames were tracked.</param>
/// <param name="Points">Points by frame.</param>
/// <param name="Policy">What the memory policy knows beside its frames; null for nothing.</param>
internal sealed record ObjectState(
    int Id, IReadOnlyList<int> Conditioning, IReadOnlyList<int> Others, IReadOnlyList<TrackedFrames.Run> Tracked,
    IReadOnlyDictionary<int, List<ObjectState.PromptPoint>> Points, ObjectState.PolicyState? Policy = null)
{
    /// <summary>Whether frames are numbered from 0 on, each once, and none of the lists in it is missing.</summary>
    [JsonIgnore]
    public bool IsSound =>
        Conditioning.Concat(Others).All(frame => frame >= 0) && Conditioning.Concat(Others).Distinct().Count() == Conditioning.Count + Others.Count
        && Tracked.All(run => run.First >= 0 && run.First <= run.Last) && Points.All(point => point.Key >= 0 && point.Value is not null)
        && (Policy?.Tensors.All(name => name is not null) ?? true);

    /// <summary>Describes an object whose prompts are all remembered.</summary>
    /// <param name="tracked">The object.</param>
    /// <param name="tensors">Gets its memories, by names that <see cref="Restore"/> finds them under. They remain the object's.</param>
    public static ObjectState Save(TrackedObject tracked, IDictionary<string, Tensor> tensors)
    {
        foreach (var frame in tracked.Bank.ConditioningFrames.Concat(tracked.Bank.OtherFrames))
        {
            var output = tracked.Bank.Find(frame)!;
            tensors.Add(NameOf(tracked.Id, frame, "mask_logits"), output.MaskLogits);
            tensors.Add(NameOf(tracked.Id, frame, "object_pointer"), output.ObjectPointer);
            tensors.Add(NameOf(tracked.Id, frame, "object_score"), output.ObjectScore);
            tensors.Add(NameOf(tracked.Id, frame, "memory"), output.Memory!.Features);
        }

        PolicyState? policy = null;
        if (tracked.Bank is IStatefulMemoryPolicy stateful)
        {
            var state = stateful.SaveState();
            foreach (var (name, tensor) in state.Tensors) tensors.Add(NameOf(tracked.Id, name), tensor);
            policy = new PolicyState(NameOf(stateful), state.Text, [.. state.Tensors.Keys]);
        }

        return new ObjectState(
            tracked.Id, [.. tracked.Bank.ConditioningFrames], [.. tracked.Bank.OtherFrames], [.. tracked.Tracked.Runs],
            tracked.Points.ToDictionary(p => p.Key, p => p.Value.ConvertAll(point => new PromptPoint(point.X, point.Y, point.Label))), policy);
    }

    /// <summary>Puts an object of which nothing is known yet into this state.</summary>
    /// <param name="tracked">The object.</param>
    /// <param name="load">Loads a tensor by name, on any device, for the object to keep.</param>
    /// <param name="device">Where the object's tensors belong.</param>
    /// <exception cref="InvalidOperationException">The object's memory policy isn't the one that was saved, or can't be restored.</exception>
    public void Restore(TrackedObject tracked, Func<string, Tensor> load, Device device)
    {
        var frames = Conditioning.Select(frame => (Frame: frame, Conditioning: true)).Concat(Others.Select(frame => (Frame: frame, Conditioning: false)));
        if (tracked.Bank is IStatefulMemoryPolicy stateful && Policy is { } policy && policy.Type == NameOf(stateful))
        {
            stateful.Restore(LoadPolicy(policy), [.. frames.Select(f => (f.Frame, Load(f.Frame), f.Conditioning))]);
        }
        else
        {
            RequireStateless(tracked.Bank);
            foreach (var (frame, conditioning) in frames) tracked.Bank.Add(frame, Load(frame), conditioning);
        }

        RequireFrames(tracked.Bank);
        tracked.Tracked.Restore(Tracked);
        foreach (var (frame, points) in Points) tracked.Points[frame] = [.. points.Select(p => (p.X, p.Y, p.Label))];

        FrameOutput Load(int frame)
        {
            using var scope = NewDisposeScope();
            Tensor Get(string part) => load(NameOf(Id, frame, part)).to(device);
            return new FrameOutput(Get("mask_logits"), Get("object_pointer"), Get("object_score"), Get("memory"));
        }

        MemoryPolicyState LoadPolicy(PolicyState policy)
        {
            using var scope = NewDisposeScope();
            return new(policy.Text, policy.Tensors.ToDictionary(name => name, name => load(NameOf(Id, name)).to(device).DetachFromDisposeScope()));
        }
    }

    private void RequireStateless(IMemoryPolicy policy)
    {
        if (Policy is null && policy is not IStatefulMemoryPolicy) return;
        throw new InvalidOperationException(
            $"Object {Id} was saved with {(Policy is { } saved ? $"the memory policy {saved.Type}" : "a memory policy without state of its own")}, "
            + $"but the options make a {NameOf(policy)} now; resume it with the options that it was saved with.");
    }

    /// <summary>A policy that counts the frames that come, say, may keep others when only those that it remembered come again.</summary>
    private void RequireFrames(IMemoryPolicy policy)
    {
        if (policy.ConditioningFrames.SequenceEqual(Conditioning) && policy.OtherFrames.Order().SequenceEqual(Others.Order())) return;
        throw new InvalidOperationException(
            $"Object {Id} was saved with the frames {string.Join(", ", Conditioning.Concat(Others))}, but after it was restored, its memory policy "
            + $"{NameOf(policy)} remembers {string.Join(", ", policy.ConditioningFrames.Concat(policy.OtherFrames))}. "
            + $"A policy whose decisions depend on more than the frames that it remembers must implement {nameof(IStatefulMemoryPolicy)}, and restore just the frames that it is given.");
    }

    private static string NameOf(IMemoryPolicy policy) => policy.GetType().FullName!;

    private static string NameOf(int objectId, string policyTensor) => $"object.{objectId}.policy.{policyTensor}";

    private static string NameOf(int objectId, int frame, string part) => $"object.{objectId}.frame.{frame}.{part}";

    /// <summary>A point in pixels of the model's input, with its label.</summary>
    internal readonly record struct PromptPoint(float X, float Y, int Label);

    /// <summary>What a memory policy knows beside its frames.</summary>
    /// <param name="Type">The policy's type.</param>
    /// <param name="Text">Its text.</param>
    /// <param name="Tensors">The names of its tensors.</param>
    internal sealed record PolicyState(string Type, string Text, IReadOnlyList<string> Tensors);
}
