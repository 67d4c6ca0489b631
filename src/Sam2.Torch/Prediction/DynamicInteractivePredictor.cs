using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="DynamicInteractivePredictor"/> remembers objects.</summary>
public sealed record DynamicInteractiveOptions
{
    /// <summary>Most objects that are known at a time.</summary>
    public int MaxObjects { get; init; } = 16;

    /// <summary>
    /// Images remembered per object; the oldest is forgotten. The time of a prediction grows with them (a memory of an image takes
    /// 0.5 MB at 1024×1024 pixels).
    /// </summary>
    public int MemoriesPerObject { get; init; } = 6;

    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int FillHoleArea { get; init; } = 8;

    /// <summary>Whether memories are kept in the model's precision instead of bfloat16.</summary>
    public bool FullPrecisionMemories { get; init; }

    /// <summary>Whether results include the low-resolution logits (<see cref="ObjectMask.Logits"/>).</summary>
    public bool ReturnLogits { get; init; }
}

/// <summary>
/// Follows objects through independent images, which share memories but have no order in time: photos of the same things, say.
/// An object is shown on any image with a prompt; after that it is looked for on every image. This is the way of using SAM 2 that
/// Ultralytics calls <c>SAM2DynamicInteractivePredictor</c>: memories of prompted images condition all later predictions alike,
/// without object pointers, since those speak of distances in time.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class DynamicInteractivePredictor : IDisposable
{
    private readonly Sam2Model _model;
    private readonly DynamicInteractiveOptions _options;
    private readonly ObjectTracker _tracker;
    private readonly List<(int Id, Queue<FrameOutput> Memories)> _objects = [];
    private bool _disposed;

    /// <summary>Starts without any object.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="options">How to remember; the defaults when null.</param>
    /// <exception cref="ArgumentException">The model is in training mode or has no memory, or an option is out of range.</exception>
    public DynamicInteractivePredictor(Sam2Model model, DynamicInteractiveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options = options ?? new();
        if (model.training) throw new ArgumentException("The model is in training mode; call eval() first.", nameof(model));
        if (model.Config.NumMaskmem < 1) throw new ArgumentException("The model has no memory (num_maskmem is 0).", nameof(model));
        if (_options.MaxObjects < 1 || _options.MemoriesPerObject < 1 || _options.FillHoleArea < 0)
            throw new ArgumentException($"{_options}: at least one object and one memory are needed, and no negative area.", nameof(options));
        _model = model;
        _tracker = new ObjectTracker(model, new ObjectTrackerOptions
        {
            FillHoleArea = _options.FillHoleArea,
            FullPrecisionMemories = _options.FullPrecisionMemories,
        });
    }

    /// <summary>The objects that are known, in the order in which they were first shown.</summary>
    public IReadOnlyList<int> ObjectIds => _objects.ConvertAll(o => o.Id);

    /// <summary>Finds all known objects on an image.</summary>
    /// <exception cref="InvalidOperationException">No object is known yet.</exception>
    /// <inheritdoc cref="Predict(RgbImage, IReadOnlyList{ValueTuple{int, ObjectPrompt}}, bool)"/>
    public IReadOnlyList<ObjectMask> Predict(RgbImage image)
    {
        if (_objects.Count == 0) throw new InvalidOperationException("No object is known yet; show one with a prompt first.");
        return Predict(image, []);
    }

    /// <summary>Shows objects on an image, new ones or known ones again, and finds the other known ones on it.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="prompts">
    /// At most one per object, whose id is any number of the caller's: points, a box, points with a box, or a mask alone.
    /// </param>
    /// <param name="updateMemory">
    /// Whether the prompted objects are remembered as they are on this image; else the prompts count for this answer only.
    /// </param>
    /// <returns>The masks of the known and the prompted objects.</returns>
    /// <exception cref="ArgumentException">A prompt is empty, contradictory, not finite or outside the image, or an object has two.</exception>
    /// <exception cref="InvalidOperationException">There would be more objects than <see cref="DynamicInteractiveOptions.MaxObjects"/>.</exception>
    public IReadOnlyList<ObjectMask> Predict(RgbImage image, IReadOnlyList<(int ObjectId, ObjectPrompt Prompt)> prompts, bool updateMemory = true)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(prompts);
        foreach (var (id, prompt) in prompts) Check(id, prompt, image);
        if (prompts.DistinctBy(p => p.ObjectId).Count() != prompts.Count)
            throw new ArgumentException("An object has two prompts; join them into one.", nameof(prompts));
        var fresh = prompts.Select(p => p.ObjectId).Except(ObjectIds).ToList();
        if (_objects.Count + fresh.Count > _options.MaxObjects)
        {
            throw new InvalidOperationException(
                $"{_objects.Count} objects are known and {fresh.Count} are new, but at most {_options.MaxObjects} are remembered; " +
                $"forget some or raise {nameof(DynamicInteractiveOptions.MaxObjects)}.");
        }

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var features = _model.EncodeImage(FramePreprocessing.ToModelInput(image, _model.Config.ImageSize, _model.Device));
        var results = new List<ObjectMask>();
        foreach (var id in ObjectIds.Concat(fresh))
        {
            var prompt = prompts.FirstOrDefault(p => p.ObjectId == id).Prompt;
            var output = prompt is null ? _tracker.Recall(features, MemoriesOf(id)) : Segment(features, prompt, image);
            results.Add(OutputMasks.OfFrame(
                _model, frame: 0, [(id, output)], image.Height, image.Width, new() { ReturnLogits = _options.ReturnLogits }).Objects[0]);
            if (prompt is not null && updateMemory) Remember(id, features, output);
            else output.Dispose();
        }

        return results;
    }

    /// <summary>Forgets an object.</summary>
    /// <exception cref="ArgumentException">There is no such object.</exception>
    public void Forget(int objectId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var at = _objects.FindIndex(o => o.Id == objectId);
        if (at < 0) throw new ArgumentException($"There is no object {objectId}; known are {(_objects.Count == 0 ? "none" : string.Join(", ", ObjectIds))}.", nameof(objectId));
        foreach (var memory in _objects[at].Memories) memory.Dispose();
        _objects.RemoveAt(at);
    }

    /// <summary>Forgets all objects.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var id in ObjectIds) Forget(id);
    }

    /// <summary>Frees all memories. The model stays the caller's.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        Reset();
        _disposed = true;
    }

    private FrameOutput Segment(ImageFeatures features, ObjectPrompt prompt, RgbImage image)
    {
        var size = _model.Config.ImageSize;
        return prompt.Mask is { } mask
            ? _tracker.FromMask(new FramePosition(0), features, MaskPrompt.ToModelInput(mask, size, _model.Device), bank: null)
            : _tracker.FromPoints(
                new FramePosition(0), features, prompt.ModelPoints(image.Width, image.Height, size).ToList(), previousLogits: null, bank: null);
    }

    private void Remember(int objectId, ImageFeatures features, FrameOutput output)
    {
        _tracker.Remember(features, output);
        var known = _objects.FindIndex(o => o.Id == objectId);
        if (known < 0)
        {
            _objects.Add((objectId, new Queue<FrameOutput>()));
            known = _objects.Count - 1;
        }

        var memories = _objects[known].Memories;
        memories.Enqueue(output);
        if (memories.Count > _options.MemoriesPerObject) memories.Dequeue().Dispose();
    }

    private FrameMemory[] MemoriesOf(int objectId) =>
        [.. _objects.First(o => o.Id == objectId).Memories.Select(m => m.Memory!)];

    private void Check(int objectId, ObjectPrompt prompt, RgbImage image)
    {
        PromptValidation.RequireMaskOrPoints(prompt, objectId);
        PromptValidation.Check(prompt, image.Width, image.Height, _model.PromptEncoder.MaskInputSize);
    }
}
