namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// Writes the annotations of pictures in one format, one picture after the other. Files appear whole or not at all, and what an
/// interrupted run has written can be continued.
/// </summary>
public interface IAnnotationWriter : IDisposable
{
    /// <summary>Whether an earlier run, or this one, has written this picture's annotations already.</summary>
    /// <param name="fileName">As in <see cref="AnnotatedImage.FileName"/>.</param>
    bool Contains(string fileName);

    /// <summary>Writes the annotations of a picture, which replace those of the same name.</summary>
    /// <param name="image">The picture; its objects need a <see cref="AnnotatedObject.Shape"/>.</param>
    /// <exception cref="AnnotationException">A file cannot be written, or the format has no place for what is asked.</exception>
    void Write(AnnotatedImage image);

    /// <summary>Finishes the files. Without it a format of one file for all pictures only keeps what it needs to continue.</summary>
    /// <exception cref="AnnotationException">A file cannot be written.</exception>
    void Complete();
}
